ALTER TABLE "break_glass_access" ADD COLUMN "category" text NOT NULL;--> statement-breakpoint
ALTER TABLE "consult_grant_item" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "consult_grant_item" ADD COLUMN "revoked_by_id" uuid;--> statement-breakpoint
ALTER TABLE "consult_grant_item" ADD COLUMN "revoked_by_name" text;--> statement-breakpoint
CREATE INDEX "grant_end" ON "consult_grant_item" USING btree ("ends_at") WHERE revoked_at is null;