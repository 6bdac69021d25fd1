ALTER TABLE "consult_recording" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "consult_recording" ADD COLUMN "deleted_by_id" uuid;--> statement-breakpoint
ALTER TABLE "consult_recording" ADD COLUMN "deleted_by_name" text;--> statement-breakpoint
ALTER TABLE "consult_recording" ADD COLUMN "delete_reason" text;