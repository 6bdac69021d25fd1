CREATE TABLE "consult_guest" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"guest_organisation_id" uuid NOT NULL,
	"guest_organisation_name" text NOT NULL,
	"name" text NOT NULL,
	"title" text NOT NULL,
	"specialty" text NOT NULL,
	"reason" text DEFAULT '' NOT NULL,
	"invited_by_id" uuid NOT NULL,
	"invited_by_name" text NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_by_id" uuid,
	"ended_by_name" text,
	CONSTRAINT "consult_guest_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
ALTER TABLE "consult_grant_item" ADD COLUMN "guest_id" uuid;--> statement-breakpoint
ALTER TABLE "consult_guest" ADD CONSTRAINT "consult_guest_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "consult_guest_open" ON "consult_guest" USING btree ("organisation_id","consult_id","user_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "consult_guest_user" ON "consult_guest" USING btree ("user_id","guest_organisation_id");