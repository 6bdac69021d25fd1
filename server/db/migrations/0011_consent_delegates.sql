CREATE TABLE "consent_receipt" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"person_kind" text NOT NULL,
	"person_id" uuid NOT NULL,
	"person_name" text NOT NULL,
	"purpose" text NOT NULL,
	"answer" text NOT NULL,
	"version" integer NOT NULL,
	"locale" text NOT NULL,
	"text_hash" text NOT NULL,
	"way" text NOT NULL,
	"by_id" text NOT NULL,
	"by_name" text NOT NULL,
	"consult_id" uuid,
	"at" timestamp (3) with time zone NOT NULL,
	"withdrawn_at" timestamp (3) with time zone,
	"withdrawn_way" text,
	"withdrawn_by_id" text,
	"withdrawn_by_name" text,
	CONSTRAINT "consent_receipt_number" UNIQUE("organisation_id","patient_id","number")
);
--> statement-breakpoint
CREATE TABLE "visit_request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"text" text DEFAULT '' NOT NULL,
	"invite_id" uuid NOT NULL,
	"by_name" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"withdrawn_at" timestamp (3) with time zone,
	"handled_at" timestamp (3) with time zone,
	"handled_by_id" uuid,
	"handled_by_name" text
);
--> statement-breakpoint
CREATE TABLE "patient_delegate" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"name" text NOT NULL,
	"relation" text NOT NULL,
	"scopes" text[] NOT NULL,
	"phone" text NOT NULL,
	"basis" text DEFAULT '' NOT NULL,
	"recorded_by_id" uuid NOT NULL,
	"recorded_by_name" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_by_id" uuid,
	"ended_by_name" text,
	CONSTRAINT "patient_delegate_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
ALTER TABLE "consult_invite" ADD COLUMN "delegate_id" uuid;--> statement-breakpoint
ALTER TABLE "consult_seat" ADD COLUMN "delegate_id" uuid;--> statement-breakpoint
ALTER TABLE "consult_seat" ADD COLUMN "relation" text;--> statement-breakpoint
ALTER TABLE "consult" ADD COLUMN "patient_summary" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "consent_receipt" ADD CONSTRAINT "consent_receipt_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "visit_request" ADD CONSTRAINT "visit_request_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient_delegate" ADD CONSTRAINT "patient_delegate_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consent_receipt_person" ON "consent_receipt" USING btree ("organisation_id","patient_id","person_id","purpose");--> statement-breakpoint
CREATE INDEX "visit_request_consult" ON "visit_request" USING btree ("organisation_id","consult_id","at");--> statement-breakpoint
CREATE INDEX "patient_delegate_patient" ON "patient_delegate" USING btree ("organisation_id","patient_id");--> statement-breakpoint
ALTER TABLE "consult_invite" ADD CONSTRAINT "consult_invite_organisation_id_delegate_id_patient_delegate_organisation_id_id_fk" FOREIGN KEY ("organisation_id","delegate_id") REFERENCES "public"."patient_delegate"("organisation_id","id") ON DELETE no action ON UPDATE no action;