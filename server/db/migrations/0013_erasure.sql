CREATE TABLE "erasure_file" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"erasure_id" uuid NOT NULL,
	"sha256" text NOT NULL,
	"removed_at" timestamp (3) with time zone,
	CONSTRAINT "erasure_file_once" UNIQUE("organisation_id","erasure_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "erasure" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"subject_id" uuid NOT NULL,
	"basis" text NOT NULL,
	"asked_by_id" uuid NOT NULL,
	"asked_by_name" text NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"withdrawn_at" timestamp (3) with time zone,
	"approved_by_id" uuid,
	"approved_by_name" text,
	"approved_at" timestamp (3) with time zone,
	"rows_gone_at" timestamp (3) with time zone,
	"done_at" timestamp (3) with time zone,
	"counts" jsonb NOT NULL,
	"digest" text,
	CONSTRAINT "erasure_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "erasure_second_person" CHECK (approved_by_id is null or approved_by_id <> asked_by_id)
);
--> statement-breakpoint
ALTER TABLE "organisation" ADD COLUMN "retention_years" integer DEFAULT 15 NOT NULL;--> statement-breakpoint
ALTER TABLE "erasure_file" ADD CONSTRAINT "erasure_file_fk" FOREIGN KEY ("organisation_id","erasure_id") REFERENCES "public"."erasure"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "erasure_once" ON "erasure" USING btree ("organisation_id","subject_id") WHERE withdrawn_at is null;--> statement-breakpoint
CREATE INDEX "erasure_asked" ON "erasure" USING btree ("organisation_id","asked_at");--> statement-breakpoint
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_retention" CHECK (retention_years between 15 and 100);