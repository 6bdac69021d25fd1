CREATE TABLE "appointment" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"clinic_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"practitioner_id" uuid NOT NULL,
	"chair_id" uuid NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"status" text DEFAULT 'booked' NOT NULL,
	"checked_in_at" timestamp (3) with time zone,
	"seated_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"cancelled_at" timestamp (3) with time zone,
	"cancel_reason" text DEFAULT '' NOT NULL,
	"reason" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"plan_item_id" uuid,
	"consult_id" uuid,
	"created_by_id" uuid,
	CONSTRAINT "appointment_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "appointment_lasts" CHECK ("appointment"."ends_at" > "appointment"."starts_at")
);
--> statement-breakpoint
CREATE TABLE "chair" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"clinic_id" uuid NOT NULL,
	"name" text NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "chair_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "chair_name" UNIQUE("organisation_id","clinic_id","name")
);
--> statement-breakpoint
CREATE TABLE "audit_event" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"actor_organisation_id" uuid NOT NULL,
	"actor_role" text,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"subject_type" text NOT NULL,
	"subject_id" text NOT NULL,
	"patient_id" uuid,
	"consult_id" uuid,
	"ip" text NOT NULL,
	"request_id" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "board_document" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"last_number" bigint DEFAULT 0 NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "board_document_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "board_document_consult" UNIQUE("organisation_id","consult_id")
);
--> statement-breakpoint
CREATE TABLE "board_snapshot" (
	"organisation_id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"consult_id" uuid NOT NULL,
	"up_to" bigint NOT NULL,
	"state" "bytea" NOT NULL,
	"size" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "board_snapshot_organisation_id_document_id_pk" PRIMARY KEY("organisation_id","document_id")
);
--> statement-breakpoint
CREATE TABLE "board_update" (
	"organisation_id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"consult_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"author" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "board_update_organisation_id_document_id_number_pk" PRIMARY KEY("organisation_id","document_id","number")
);
--> statement-breakpoint
CREATE TABLE "consult_document" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"locale" text DEFAULT '' NOT NULL,
	"file_sha256" text NOT NULL,
	"size" integer NOT NULL,
	CONSTRAINT "consult_document_once" UNIQUE("organisation_id","consult_id","kind","locale")
);
--> statement-breakpoint
CREATE TABLE "consult_draft" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"content" jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "consult_draft_once" UNIQUE("organisation_id","user_id","patient_id")
);
--> statement-breakpoint
CREATE TABLE "consult_grant_item" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"grantee_organisation_id" uuid NOT NULL,
	"grantee_user_id" uuid,
	"grantee_specialty" text NOT NULL,
	"kind" text NOT NULL,
	"item_id" uuid,
	"purpose" text NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "consult_invite" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"failed_tries" integer DEFAULT 0 NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"created_by_id" uuid NOT NULL,
	CONSTRAINT "consult_invite_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "consult_message" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"text" text NOT NULL,
	"author_id" uuid NOT NULL,
	"author_name" text NOT NULL,
	"author_organisation_id" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "consult_seat" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"identity" text NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"state" text NOT NULL,
	"waiting_since" timestamp (3) with time zone,
	"admitted_by_id" uuid,
	"changed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "consult_seat_once" UNIQUE("organisation_id","consult_id","identity")
);
--> statement-breakpoint
CREATE TABLE "consult" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"number" text NOT NULL,
	"patient_id" uuid NOT NULL,
	"status" text NOT NULL,
	"mode" text NOT NULL,
	"urgency" text NOT NULL,
	"answer_by" timestamp (3) with time zone NOT NULL,
	"slot_at" timestamp (3) with time zone,
	"specialty" text NOT NULL,
	"teeth" text[] NOT NULL,
	"question" text NOT NULL,
	"requester_id" uuid NOT NULL,
	"requester_name" text NOT NULL,
	"requester_organisation_name" text NOT NULL,
	"expert_organisation_id" uuid NOT NULL,
	"expert_organisation_name" text NOT NULL,
	"asked_expert_id" uuid,
	"expert_id" uuid,
	"expert_name" text,
	"expert_title" text,
	"decline_reason" text,
	"accepted_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"closed_by_id" uuid,
	CONSTRAINT "consult_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "consult_number" UNIQUE("organisation_id","number")
);
--> statement-breakpoint
CREATE TABLE "opinion" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"author_id" uuid NOT NULL,
	"author_name" text NOT NULL,
	"author_title" text NOT NULL,
	"author_organisation_id" uuid NOT NULL,
	"author_organisation_name" text NOT NULL,
	"diagnosis" text DEFAULT '' NOT NULL,
	"text" text DEFAULT '' NOT NULL,
	"advice" text DEFAULT '' NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"signed_at" timestamp (3) with time zone,
	"digest" text,
	"signed_content" jsonb,
	CONSTRAINT "opinion_author" UNIQUE("organisation_id","consult_id","author_id")
);
--> statement-breakpoint
CREATE TABLE "proposal" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"content" jsonb NOT NULL,
	"proposed_by_id" uuid NOT NULL,
	"proposed_by_name" text NOT NULL,
	"proposed_by_organisation_id" uuid NOT NULL,
	"state" text NOT NULL,
	"decided_by_id" uuid,
	"decided_by_name" text,
	"decided_at" timestamp (3) with time zone,
	"result_id" uuid,
	CONSTRAINT "proposal_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
CREATE TABLE "visit_session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"consult_id" uuid NOT NULL,
	"invite_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "visit_session_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"access_token" text,
	"refresh_token" text,
	"id_token" text,
	"access_token_expires_at" timestamp (3) with time zone,
	"refresh_token_expires_at" timestamp (3) with time zone,
	"scope" text,
	"password" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "account_provider" UNIQUE("provider_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "expert_listing" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"member_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"title" text NOT NULL,
	"specialty" text NOT NULL,
	"organisation_name" text NOT NULL,
	"organisation_name_en" text NOT NULL,
	CONSTRAINT "expert_listing_member" UNIQUE("organisation_id","member_id")
);
--> statement-breakpoint
CREATE TABLE "member" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" uuid NOT NULL,
	"clinic_id" uuid,
	"role" text NOT NULL,
	"name" text NOT NULL,
	"title" text DEFAULT '' NOT NULL,
	"specialty" text,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "member_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "member_once" UNIQUE("organisation_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"token" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "session_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "user" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"image" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "user_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "verification" (
	"id" uuid PRIMARY KEY NOT NULL,
	"identifier" text NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "image" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"modality" text,
	"rows" integer NOT NULL,
	"columns" integer NOT NULL,
	"bits_stored" integer NOT NULL,
	"frames" integer DEFAULT 1 NOT NULL,
	"pixel_spacing" jsonb NOT NULL,
	"window" jsonb NOT NULL,
	"laterality" text,
	"teeth" text[] DEFAULT '{}' NOT NULL,
	"taken_at" text,
	"sop_instance_uid" text,
	"series_uid" text,
	"study_uid" text,
	"file_sha256" text NOT NULL,
	"file_size" bigint NOT NULL,
	"media_type" text NOT NULL,
	"frame_sha256" text NOT NULL,
	"thumbnail_sha256" text NOT NULL,
	"calibration" jsonb,
	"identity_check" text NOT NULL,
	"uploaded_by_id" uuid,
	"uploaded_by_name" text NOT NULL,
	"uploaded_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "image_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "image_content" UNIQUE("organisation_id","patient_id","file_sha256")
);
--> statement-breakpoint
CREATE TABLE "stored_file" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"sha256" text NOT NULL,
	"size" bigint NOT NULL,
	"media_type" text NOT NULL,
	"content_encoding" text,
	CONSTRAINT "stored_file_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "stored_file_content" UNIQUE("organisation_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "notification" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"consult_id" uuid,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"read_at" timestamp (3) with time zone,
	"event_id" uuid NOT NULL,
	CONSTRAINT "notification_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "notification_once" UNIQUE("organisation_id","user_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "outgoing_mail" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" uuid NOT NULL,
	"notification_id" uuid NOT NULL,
	"recipient" text NOT NULL,
	"subject" text NOT NULL,
	"text" text NOT NULL,
	"status" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"sent_at" timestamp (3) with time zone,
	CONSTRAINT "outgoing_mail_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
CREATE TABLE "finding" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"tooth" text NOT NULL,
	"surfaces" text[] DEFAULT '{}' NOT NULL,
	"code" text NOT NULL,
	"status" text NOT NULL,
	"grade" text,
	"note" text DEFAULT '' NOT NULL,
	"icd10" text,
	"author_id" uuid NOT NULL,
	"author_name" text NOT NULL,
	"author_organisation_id" uuid NOT NULL,
	"recorded_at" timestamp (3) with time zone NOT NULL,
	"consult_id" uuid,
	"proposal_id" uuid,
	"withdrawn_at" timestamp (3) with time zone,
	"withdrawn_by" text,
	"withdrawn_reason" text,
	CONSTRAINT "finding_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "finding_tooth" CHECK ("finding"."tooth" ~ '^([1-4][1-8]|[5-8][1-5])$'),
	CONSTRAINT "finding_withdrawal" CHECK (("finding"."withdrawn_at" is null) = ("finding"."withdrawn_by" is null))
);
--> statement-breakpoint
CREATE TABLE "health_item" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"label" text NOT NULL,
	"code" text,
	"detail" text,
	"severity" text,
	"since" date,
	"ended_at" timestamp (3) with time zone,
	"recorded_by_id" uuid NOT NULL,
	"recorded_by_name" text NOT NULL,
	CONSTRAINT "health_item_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
CREATE TABLE "note" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"text" text NOT NULL,
	"teeth" text[] DEFAULT '{}' NOT NULL,
	"author_id" uuid NOT NULL,
	"author_name" text NOT NULL,
	"amends_id" uuid,
	"consult_id" uuid,
	"written_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "note_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
CREATE TABLE "patient" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"clinic_id" uuid NOT NULL,
	"number" text NOT NULL,
	"name" text NOT NULL,
	"sex" text NOT NULL,
	"birth_date" date NOT NULL,
	"phone" text NOT NULL,
	"email" text,
	CONSTRAINT "patient_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "patient_number" UNIQUE("organisation_id","number")
);
--> statement-breakpoint
CREATE TABLE "recent_patient" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" uuid NOT NULL,
	"patient_id" uuid NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "recent_patient_once" UNIQUE("organisation_id","user_id","patient_id")
);
--> statement-breakpoint
CREATE TABLE "clinic" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"name" text NOT NULL,
	"name_en" text NOT NULL,
	CONSTRAINT "clinic_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
CREATE TABLE "counter" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"name" text NOT NULL,
	"value" bigint NOT NULL,
	CONSTRAINT "counter_name" UNIQUE("organisation_id","name")
);
--> statement-breakpoint
CREATE TABLE "organisation" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"name_en" text NOT NULL,
	"kind" text NOT NULL,
	"time_zone" text DEFAULT 'Asia/Shanghai' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"topic" text NOT NULL,
	"subject" text NOT NULL,
	"payload" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "treatment_plan_item" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"plan_id" uuid NOT NULL,
	"phase" integer NOT NULL,
	"phase_title" text DEFAULT '' NOT NULL,
	"position" integer NOT NULL,
	"tooth" text,
	"surfaces" text[] DEFAULT '{}' NOT NULL,
	"procedure" text NOT NULL,
	"visits" integer NOT NULL,
	"visits_done" integer DEFAULT 0 NOT NULL,
	"minutes" integer NOT NULL,
	"price_minor" bigint,
	"note" text DEFAULT '' NOT NULL,
	"status" text NOT NULL,
	"appointment_id" uuid,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "treatment_plan_item_tenant" UNIQUE("organisation_id","id"),
	CONSTRAINT "treatment_plan_item_tooth" CHECK ("treatment_plan_item"."tooth" is null or "treatment_plan_item"."tooth" ~ '^([1-4][1-8]|[5-8][1-5])$'),
	CONSTRAINT "treatment_plan_item_visits" CHECK ("treatment_plan_item"."visits" >= 1 and "treatment_plan_item"."visits_done" >= 0 and "treatment_plan_item"."minutes" > 0)
);
--> statement-breakpoint
CREATE TABLE "treatment_plan" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organisation_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"patient_id" uuid NOT NULL,
	"title" text NOT NULL,
	"status" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"consult_id" uuid,
	"proposal_id" uuid,
	"author_id" uuid NOT NULL,
	"author_name" text NOT NULL,
	"author_organisation_id" uuid NOT NULL,
	"accepted_at" timestamp (3) with time zone NOT NULL,
	"accepted_by" text NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "treatment_plan_tenant" UNIQUE("organisation_id","id")
);
--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_organisation_id_clinic_id_clinic_organisation_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id") REFERENCES "public"."clinic"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_organisation_id_practitioner_id_member_organisation_id_id_fk" FOREIGN KEY ("organisation_id","practitioner_id") REFERENCES "public"."member"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "appointment" ADD CONSTRAINT "appointment_organisation_id_chair_id_chair_organisation_id_id_fk" FOREIGN KEY ("organisation_id","chair_id") REFERENCES "public"."chair"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chair" ADD CONSTRAINT "chair_organisation_id_clinic_id_clinic_organisation_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id") REFERENCES "public"."clinic"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "board_document" ADD CONSTRAINT "board_document_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "board_snapshot" ADD CONSTRAINT "board_snapshot_organisation_id_document_id_board_document_organisation_id_id_fk" FOREIGN KEY ("organisation_id","document_id") REFERENCES "public"."board_document"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "board_update" ADD CONSTRAINT "board_update_organisation_id_document_id_board_document_organisation_id_id_fk" FOREIGN KEY ("organisation_id","document_id") REFERENCES "public"."board_document"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_document" ADD CONSTRAINT "consult_document_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_draft" ADD CONSTRAINT "consult_draft_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_grant_item" ADD CONSTRAINT "consult_grant_item_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_invite" ADD CONSTRAINT "consult_invite_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_message" ADD CONSTRAINT "consult_message_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult_seat" ADD CONSTRAINT "consult_seat_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "consult" ADD CONSTRAINT "consult_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "opinion" ADD CONSTRAINT "opinion_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "proposal" ADD CONSTRAINT "proposal_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "visit_session" ADD CONSTRAINT "visit_session_organisation_id_consult_id_consult_organisation_id_id_fk" FOREIGN KEY ("organisation_id","consult_id") REFERENCES "public"."consult"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account" ADD CONSTRAINT "account_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "expert_listing" ADD CONSTRAINT "expert_listing_organisation_id_member_id_member_organisation_id_id_fk" FOREIGN KEY ("organisation_id","member_id") REFERENCES "public"."member"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "member" ADD CONSTRAINT "member_organisation_id_clinic_id_clinic_organisation_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id") REFERENCES "public"."clinic"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image" ADD CONSTRAINT "image_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "finding" ADD CONSTRAINT "finding_patient_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_item" ADD CONSTRAINT "health_item_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "note" ADD CONSTRAINT "note_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "patient" ADD CONSTRAINT "patient_organisation_id_clinic_id_clinic_organisation_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id") REFERENCES "public"."clinic"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recent_patient" ADD CONSTRAINT "recent_patient_organisation_id_patient_id_patient_organisation_id_id_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "treatment_plan_item" ADD CONSTRAINT "treatment_plan_item_plan_fk" FOREIGN KEY ("organisation_id","plan_id") REFERENCES "public"."treatment_plan"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "treatment_plan_item" ADD CONSTRAINT "treatment_plan_item_patient_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "treatment_plan" ADD CONSTRAINT "treatment_plan_patient_fk" FOREIGN KEY ("organisation_id","patient_id") REFERENCES "public"."patient"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "appointment_day" ON "appointment" USING btree ("organisation_id","clinic_id","starts_at");--> statement-breakpoint
CREATE INDEX "appointment_patient" ON "appointment" USING btree ("organisation_id","patient_id","starts_at");--> statement-breakpoint
CREATE UNIQUE INDEX "audit_event_number" ON "audit_event" USING btree ("organisation_id","number");--> statement-breakpoint
CREATE INDEX "audit_event_patient" ON "audit_event" USING btree ("organisation_id","patient_id","at");--> statement-breakpoint
CREATE INDEX "board_document_patient" ON "board_document" USING btree ("organisation_id","patient_id");--> statement-breakpoint
CREATE INDEX "grant_grantee" ON "consult_grant_item" USING btree ("grantee_organisation_id","kind","patient_id");--> statement-breakpoint
CREATE INDEX "grant_consult" ON "consult_grant_item" USING btree ("organisation_id","consult_id");--> statement-breakpoint
CREATE INDEX "consult_invite_consult" ON "consult_invite" USING btree ("organisation_id","consult_id");--> statement-breakpoint
CREATE INDEX "consult_message_consult" ON "consult_message" USING btree ("organisation_id","consult_id","at");--> statement-breakpoint
CREATE INDEX "consult_patient" ON "consult" USING btree ("organisation_id","patient_id");--> statement-breakpoint
CREATE INDEX "consult_expert" ON "consult" USING btree ("expert_organisation_id","status");--> statement-breakpoint
CREATE INDEX "proposal_consult" ON "proposal" USING btree ("organisation_id","consult_id");--> statement-breakpoint
CREATE INDEX "account_user" ON "account" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "expert_listing_specialty" ON "expert_listing" USING btree ("specialty");--> statement-breakpoint
CREATE INDEX "member_user" ON "member" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "session_user" ON "session" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "verification_identifier" ON "verification" USING btree ("identifier");--> statement-breakpoint
CREATE INDEX "image_patient" ON "image" USING btree ("organisation_id","patient_id","taken_at");--> statement-breakpoint
CREATE INDEX "notification_user" ON "notification" USING btree ("organisation_id","user_id","created_at");--> statement-breakpoint
CREATE INDEX "outgoing_mail_created" ON "outgoing_mail" USING btree ("organisation_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "finding_proposal" ON "finding" USING btree ("organisation_id","proposal_id");--> statement-breakpoint
CREATE INDEX "finding_patient" ON "finding" USING btree ("organisation_id","patient_id","recorded_at");--> statement-breakpoint
CREATE INDEX "health_item_patient" ON "health_item" USING btree ("organisation_id","patient_id","kind");--> statement-breakpoint
CREATE INDEX "note_patient" ON "note" USING btree ("organisation_id","patient_id","written_at");--> statement-breakpoint
CREATE INDEX "patient_name" ON "patient" USING btree ("organisation_id","name");--> statement-breakpoint
CREATE INDEX "outbox_created" ON "outbox" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "treatment_plan_item_plan" ON "treatment_plan_item" USING btree ("organisation_id","plan_id","phase","position");--> statement-breakpoint
CREATE UNIQUE INDEX "treatment_plan_proposal" ON "treatment_plan" USING btree ("organisation_id","proposal_id");--> statement-breakpoint
CREATE INDEX "treatment_plan_patient" ON "treatment_plan" USING btree ("organisation_id","patient_id","accepted_at");