CREATE TABLE "pin_comment_version" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"comment_id" uuid NOT NULL,
	"text" text NOT NULL,
	"replaced_by_id" uuid NOT NULL,
	"replaced_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pin_comment" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"shape_id" text NOT NULL,
	"pin_number" integer NOT NULL,
	"tooth" text DEFAULT '' NOT NULL,
	"step" text NOT NULL,
	"text" text DEFAULT '' NOT NULL,
	"mentions" uuid[] NOT NULL,
	"author_id" uuid NOT NULL,
	"author_name" text NOT NULL,
	"author_organisation_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"edited_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	CONSTRAINT "pin_comment_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
ALTER TABLE "pin_comment_version" ADD CONSTRAINT "pin_comment_version_organisation_id_comment_id_pin_comment_organisation_id_id_fk" FOREIGN KEY ("organisation_id","comment_id") REFERENCES "public"."pin_comment"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pin_comment" ADD CONSTRAINT "pin_comment_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "pin_comment_version_comment" ON "pin_comment_version" USING btree ("organisation_id","comment_id");--> statement-breakpoint
CREATE INDEX "pin_comment_consult" ON "pin_comment" USING btree ("organisation_id","consult_id","at");