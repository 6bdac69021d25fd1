CREATE TABLE "consult_recording" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"state" text NOT NULL,
	"type" text NOT NULL,
	"started_by_id" uuid NOT NULL,
	"started_by_name" text NOT NULL,
	"started_by_organisation_id" uuid NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"agreed" text[] NOT NULL,
	"spans" jsonb NOT NULL,
	"heard_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text,
	"pieces" integer,
	"closed_at" timestamp (3) with time zone,
	"head_sha256" text,
	"head_size" integer,
	"body_from" bigint,
	"body_to" bigint,
	"body_pieces" integer,
	"duration_ms" integer,
	"size" bigint,
	"sha256" text,
	"cut" boolean DEFAULT false NOT NULL,
	CONSTRAINT "consult_recording_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
CREATE TABLE "consult_recording_piece" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"recording_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"file_sha256" text NOT NULL,
	"size" integer NOT NULL,
	"until_ms" integer NOT NULL,
	CONSTRAINT "consult_recording_piece_once" UNIQUE("organisation_id","recording_id","number")
);
--> statement-breakpoint
ALTER TABLE "consult_recording" ADD CONSTRAINT "consult_recording_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_recording_piece" ADD CONSTRAINT "consult_recording_piece_organisation_id_recording_id_consult_recording_organisation_id_id_fk" FOREIGN KEY ("organisation_id","recording_id") REFERENCES "public"."consult_recording"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consult_recording_consult" ON "consult_recording" USING btree ("organisation_id","consult_id","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "consult_recording_running" ON "consult_recording" USING btree ("organisation_id","consult_id") WHERE state in ('recording', 'paused');--> statement-breakpoint
CREATE INDEX "consult_recording_open" ON "consult_recording" USING btree ("state") WHERE state in ('recording', 'paused', 'ended');--> statement-breakpoint
CREATE INDEX "consult_recording_piece_consult" ON "consult_recording_piece" USING btree ("organisation_id","consult_id");--> statement-breakpoint
CREATE INDEX "consult_recording_piece_file" ON "consult_recording_piece" USING btree ("organisation_id","file_sha256");