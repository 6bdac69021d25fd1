CREATE TABLE "correction_request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"consult_id" uuid,
	"part" text NOT NULL,
	"text" text NOT NULL,
	"asked_by_id" uuid NOT NULL,
	"asked_by_name" text NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"answer" text DEFAULT '' NOT NULL,
	"result_kind" text,
	"result_id" uuid,
	"decided_by_id" uuid,
	"decided_by_name" text,
	"decided_at" timestamp (3) with time zone,
	CONSTRAINT "correction_request_decided" CHECK (("correction_request"."state" = 'open') = ("correction_request"."decided_at" is null))
);
--> statement-breakpoint
CREATE TABLE "deletion_request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"reason" text NOT NULL,
	"asked_by_id" uuid NOT NULL,
	"asked_by_name" text NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"keep_until" date NOT NULL,
	"refused_for" text
);
--> statement-breakpoint
CREATE TABLE "legal_hold" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"reason" text NOT NULL,
	"set_by_id" uuid NOT NULL,
	"set_by_name" text NOT NULL,
	"set_at" timestamp (3) with time zone NOT NULL,
	"lifted_by_id" uuid,
	"lifted_by_name" text,
	"lifted_at" timestamp (3) with time zone,
	"lift_reason" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "correction_request" ADD CONSTRAINT "correction_request_patient_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deletion_request" ADD CONSTRAINT "deletion_request_patient_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "legal_hold" ADD CONSTRAINT "legal_hold_patient_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "correction_request_patient" ON "correction_request" USING btree ("organisation_id","patient_id","asked_at");--> statement-breakpoint
CREATE INDEX "correction_request_state" ON "correction_request" USING btree ("organisation_id","state","asked_at");--> statement-breakpoint
CREATE INDEX "correction_request_consult" ON "correction_request" USING btree ("organisation_id","consult_id");--> statement-breakpoint
CREATE INDEX "deletion_request_patient" ON "deletion_request" USING btree ("organisation_id","patient_id","asked_at");--> statement-breakpoint
CREATE UNIQUE INDEX "legal_hold_in_force" ON "legal_hold" USING btree ("organisation_id","patient_id") WHERE lifted_at is null;