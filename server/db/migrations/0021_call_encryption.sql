CREATE TABLE "call_encryption" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"secret" text NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"choice" boolean,
	"choice_by_name" text,
	"cannot" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "call_encryption_once" UNIQUE("organisation_id","consult_id")
);
--> statement-breakpoint
ALTER TABLE "call_encryption" ADD CONSTRAINT "call_encryption_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;