ALTER TABLE "image" ADD COLUMN "withdrawn_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "withdrawn_by" text;--> statement-breakpoint
ALTER TABLE "image" ADD COLUMN "withdrawn_reason" text;--> statement-breakpoint
ALTER TABLE "treatment_plan_item" ADD COLUMN "cancel_reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "treatment_plan" ADD COLUMN "agreed_by" text;--> statement-breakpoint
ALTER TABLE "treatment_plan" ADD COLUMN "agreed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "treatment_plan" ADD COLUMN "agreed_recorded_by" text;