ALTER TABLE "consult_seat" ADD COLUMN "session_id" text;--> statement-breakpoint
ALTER TABLE "consult_seat" ADD COLUMN "member_id" uuid;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "member_id" uuid;--> statement-breakpoint
ALTER TABLE "user" ADD COLUMN "last_member_id" uuid;