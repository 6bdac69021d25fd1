CREATE TABLE "department" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"clinic_id" uuid NOT NULL,
	"name" text NOT NULL,
	"name_en" text NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "department_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "department_clinic" UNIQUE("organisation_id","clinic_id","id")
);
--> statement-breakpoint
ALTER TABLE "member" ADD COLUMN "department_id" uuid;--> statement-breakpoint
ALTER TABLE "member" ADD COLUMN "reach" text DEFAULT 'own' NOT NULL;--> statement-breakpoint
ALTER TABLE "member" ADD COLUMN "clinic_ids" uuid[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "clinic" ADD COLUMN "closed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "department" ADD CONSTRAINT "department_organisation_id_clinic_id_clinic_organisation_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id") REFERENCES "public"."clinic"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_organisation_id_clinic_id_department_id_department_organisation_id_clinic_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id","department_id") REFERENCES "public"."department"("organisation_id","clinic_id","id") ON DELETE no action ON UPDATE no action;