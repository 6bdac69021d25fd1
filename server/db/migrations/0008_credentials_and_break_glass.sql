CREATE TABLE "break_glass_access" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"user_name" text NOT NULL,
	"user_organisation_id" uuid NOT NULL,
	"user_organisation_name" text NOT NULL,
	"reason" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"verdict" text,
	"review_comment" text,
	"reviewed_by_id" uuid,
	"reviewed_by_name" text,
	"reviewed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "practitioner_credential" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"member_id" uuid NOT NULL,
	"specialty" text NOT NULL,
	"licence_number" text NOT NULL,
	"issued_by" text NOT NULL,
	"valid_until" date NOT NULL,
	"verified_by_id" uuid NOT NULL,
	"verified_by_name" text NOT NULL,
	"verified_at" timestamp (3) with time zone NOT NULL,
	"reminded_days" integer,
	"withdrawn_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "expert_listing" ADD COLUMN "credential_until" date;--> statement-breakpoint
ALTER TABLE "organisation" ADD COLUMN "grant_days" integer DEFAULT 30 NOT NULL;--> statement-breakpoint
ALTER TABLE "break_glass_access" ADD CONSTRAINT "break_glass_access_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "practitioner_credential" ADD CONSTRAINT "practitioner_credential_organisation_id_member_id_member_organisation_id_id_fk" FOREIGN KEY ("organisation_id","member_id") REFERENCES "public"."member"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "break_glass_queue" ON "break_glass_access" USING btree ("organisation_id","reviewed_at","starts_at");--> statement-breakpoint
CREATE INDEX "practitioner_credential_member" ON "practitioner_credential" USING btree ("organisation_id","member_id");--> statement-breakpoint
CREATE UNIQUE INDEX "practitioner_credential_current" ON "practitioner_credential" USING btree ("member_id","specialty") WHERE withdrawn_at IS NULL;