CREATE TABLE "audit_archive" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"first_number" bigint NOT NULL,
	"last_number" bigint NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"sha256" text NOT NULL,
	"size" bigint NOT NULL,
	CONSTRAINT "audit_archive_first" UNIQUE("organisation_id","first_number")
);
--> statement-breakpoint
CREATE TABLE "audit_chain" (
	"organisation_id" uuid PRIMARY KEY NOT NULL,
	"number" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"started_after" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"verified_number" bigint DEFAULT 0 NOT NULL,
	"verified_at" timestamp (3) with time zone,
	"checkpoint_number" bigint DEFAULT 0 NOT NULL,
	"checkpoint_at" timestamp (3) with time zone,
	"broken_number" bigint,
	"archived_number" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit_event" ADD COLUMN "hash" "bytea";--> statement-breakpoint
CREATE INDEX "audit_event_at" ON "audit_event" USING btree ("organisation_id","at");