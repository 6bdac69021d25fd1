CREATE TABLE "call_statistic" (
	"id" uuid NOT NULL,
	"organisation_id" uuid NOT NULL,
	"clinic_id" uuid NOT NULL,
	"day" date NOT NULL,
	"seat" text NOT NULL,
	"minutes" integer NOT NULL,
	"seat_ms" integer,
	"line_ms" integer,
	"picture_ms" integer,
	"way" text,
	"round_trip_ms" integer,
	"round_trip_p95_ms" integer,
	"loss_in" real,
	"loss_out" real,
	"kbps_in" integer,
	"kbps_out" integer,
	"freezes" integer NOT NULL,
	"frozen" real,
	"concealed" real,
	"fps" integer,
	"height" integer,
	"rebuilds" integer NOT NULL,
	"device" text NOT NULL,
	"browser" text NOT NULL,
	"browser_version" integer,
	"system" text NOT NULL,
	CONSTRAINT "call_statistic_organisation_id_id_pk" PRIMARY KEY("organisation_id","id")
);
--> statement-breakpoint
ALTER TABLE "call_statistic" ADD CONSTRAINT "call_statistic_organisation_id_clinic_id_clinic_organisation_id_id_fk" FOREIGN KEY ("organisation_id","clinic_id") REFERENCES "public"."clinic"("organisation_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "call_statistic_day" ON "call_statistic" USING btree ("organisation_id","day");