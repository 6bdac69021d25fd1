CREATE TABLE "member_role_right" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"role_id" uuid NOT NULL,
	"right_name" text NOT NULL,
	"allowed" boolean,
	CONSTRAINT "member_role_right_once" UNIQUE("organisation_id","role_id","right_name")
);
--> statement-breakpoint
CREATE TABLE "member_role" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"base" text NOT NULL,
	"built_in" boolean NOT NULL,
	"name" text NOT NULL,
	"name_en" text NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "member_role_base" UNIQUE("organisation_id","id","base"),
	CONSTRAINT "member_role_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
ALTER TABLE "member" ADD COLUMN "role_id" uuid;--> statement-breakpoint
ALTER TABLE "member_role_right" ADD CONSTRAINT "member_role_right_organisation_id_role_id_member_role_organisation_id_id_fk" FOREIGN KEY ("organisation_id","role_id") REFERENCES "public"."member_role"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "member_role_built_in" ON "member_role" USING btree ("organisation_id","base") WHERE built_in;--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_organisation_id_role_id_role_member_role_organisation_id_id_base_fk" FOREIGN KEY ("organisation_id","role_id","role") REFERENCES "public"."member_role"("organisation_id","id","base") ON DELETE no action ON UPDATE no action;