CREATE TABLE "data_key" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"state" text NOT NULL,
	"wrapped" text NOT NULL,
	"wrapped_by" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "patient" ADD COLUMN "phone_index" text;--> statement-breakpoint
ALTER TABLE "patient" ADD COLUMN "national_id" text;--> statement-breakpoint
ALTER TABLE "patient" ADD COLUMN "national_id_index" text;--> statement-breakpoint
ALTER TABLE "patient" ADD COLUMN "address" text;--> statement-breakpoint
CREATE INDEX "data_key_organisation" ON "data_key" USING btree ("organisation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "data_key_current" ON "data_key" USING btree ("organisation_id") WHERE state = 'current';--> statement-breakpoint
CREATE INDEX "patient_phone_index" ON "patient" USING btree ("organisation_id","phone_index");--> statement-breakpoint
CREATE INDEX "patient_national_id_index" ON "patient" USING btree ("organisation_id","national_id_index");