CREATE TABLE "board_segment" (
	"organisation_id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"consult_id" uuid NOT NULL,
	"first" bigint NOT NULL,
	"last" bigint NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"size" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "board_segment_organisation_id_document_id_first_pk" PRIMARY KEY("organisation_id","document_id","first")
);
--> statement-breakpoint
ALTER TABLE "board_segment" ADD CONSTRAINT "board_segment_organisation_id_document_id_board_document_organisation_id_id_fk" FOREIGN KEY ("organisation_id","document_id") REFERENCES "public"."board_document"("organisation_id","id") ON DELETE no action ON UPDATE no action;