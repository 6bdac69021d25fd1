ALTER TABLE "consult" ADD COLUMN "captions_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "consult" ADD COLUMN "captions_by_name" text;