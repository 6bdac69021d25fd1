ALTER TABLE "consult_recording" ADD COLUMN "maker" text DEFAULT 'browser' NOT NULL;--> statement-breakpoint
ALTER TABLE "consult_recording" ADD COLUMN "egress_id" text;--> statement-breakpoint
ALTER TABLE "consult_recording" ADD COLUMN "stopped_at" timestamp (3) with time zone;