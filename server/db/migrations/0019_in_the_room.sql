ALTER TABLE "consult_message" ADD COLUMN "audience" text DEFAULT 'team' NOT NULL;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "author_kind" text DEFAULT 'member' NOT NULL;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "links" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "file_sha256" text;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "file_name" text;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "file_size" integer;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "file_type" text;--> statement-breakpoint
ALTER TABLE "consult_message" ADD COLUMN "file_scan" text;--> statement-breakpoint
ALTER TABLE "consult_seat" ADD COLUMN "removed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "consult_seat" ADD COLUMN "removed_by_name" text;--> statement-breakpoint
ALTER TABLE "consult" ADD COLUMN "call_locked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "consult" ADD COLUMN "call_locked_by_name" text;