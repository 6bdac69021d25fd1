-- Who may see which row: the whole of it, in one place. Applied by server/db/migrate.ts as role
-- consilium_owner whenever this file or the tables have changed; every statement can run again.
--
-- Three roles: consilium_owner owns the tables and logs in nowhere; consilium_app serves members and visiting
-- patients; consilium_system signs people in, opens patient links and runs jobs. None bypasses row security,
-- and FORCE binds the owner too.
--
-- A transaction says who it is with SET LOCAL: app.organisation, app.actor, and app.consult for a visiting
-- patient. The settings are read through scalar sub-selects, so that they are read once a query, not once a row.

CREATE OR REPLACE FUNCTION app_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.organisation', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION app_actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.actor', true), '') $$;
-- The organisation a member (or the system in its name) works for; none for a visiting patient. Policies compare with
-- this one value: a further condition beside it would be guessed by the planner to leave next to nothing, which
-- keeps it from reading in an index's order.
CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT CASE WHEN coalesce(current_setting('app.consult', true), '') = '' THEN nullif(current_setting('app.organisation', true), '')::uuid END $$;
-- Of an expert only: a question to a specialty is seen by its experts, not by the whole hospital.
CREATE OR REPLACE FUNCTION app_specialty() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.specialty', true), '') $$;
-- Of a member who was given some clinics of the organisation to see; null: all.
CREATE OR REPLACE FUNCTION app_clinics() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.clinics', true), '')::uuid[] $$;
CREATE OR REPLACE FUNCTION app_consult() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.consult', true), '')::uuid $$;

-- The grants in force for who is asking. security_invoker: the caller's own row security applies below it.
CREATE OR REPLACE VIEW active_grant WITH (security_invoker = true) AS
  SELECT organisation_id, consult_id, patient_id, kind, item_id, guest_id
    FROM consult_grant_item
   WHERE grantee_organisation_id = (SELECT app_tenant())
     AND (grantee_user_id::text = (SELECT app_actor())
          OR (grantee_user_id IS NULL AND grantee_specialty = (SELECT app_specialty())))
     AND revoked_at IS NULL AND starts_at <= now() AND ends_at > now();

-- 1. Every table with an organisation: forced row security, and its own organisation's members see it.
DO $$
DECLARE t text; p record;
BEGIN
  FOR p IN SELECT schemaname, tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename);
  END LOOP;
  FOR t IN
    SELECT c.table_name FROM information_schema.columns c
      JOIN information_schema.tables b USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND c.column_name = 'organisation_id' AND b.table_type = 'BASE TABLE'
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO consilium_app
         USING (organisation_id = (SELECT app_tenant()))
         WITH CHECK (organisation_id = (SELECT app_tenant()))', t);
    -- [RT-16] Of the owner's functions only the one that erases a record reaches all of it, while it runs.
    EXECUTE format(
      'CREATE POLICY eraser ON %I TO consilium_owner
         USING (nullif(current_setting(''app.erasing'', true), '''') IS NOT NULL)', t);
    EXECUTE format('REVOKE ALL ON %I FROM consilium_app, consilium_system', t);
    -- No DELETE: a record is ended, not removed. Exceptions follow below.
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO consilium_app', t);
  END LOOP;
END $$;

-- [TE-5] Who was given some clinics sees their patients, and what hangs on these; what a consult grants comes on top
-- (section 4). The book goes by the appointment's own clinic (features/appointments), the trail is the owner's. A
-- function instead of a sub-query: planned once, asked only of those who do not see all.
CREATE OR REPLACE FUNCTION patient_seen(p_patient uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
  $$ SELECT EXISTS (SELECT FROM patient WHERE id = p_patient AND organisation_id = app_organisation() AND clinic_id = ANY (app_clinics())) $$;
REVOKE ALL ON FUNCTION patient_seen(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION patient_seen(uuid) TO consilium_app;
DO $$
DECLARE t text; seen text;
BEGIN
  FOR t IN
    SELECT c.table_name FROM information_schema.columns c
      JOIN information_schema.tables b USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND c.column_name = 'organisation_id' AND b.table_type = 'BASE TABLE'
       AND (c.table_name = 'patient' OR EXISTS (
         SELECT FROM information_schema.columns p
          WHERE p.table_schema = 'public' AND p.table_name = c.table_name AND p.column_name = 'patient_id'))
       AND c.table_name NOT IN ('appointment', 'audit_event', 'consult_grant_item')
  LOOP
    seen := CASE t WHEN 'patient' THEN 'clinic_id = ANY ((SELECT app_clinics())::uuid[])' ELSE 'patient_seen(patient_id)' END;
    EXECUTE format('DROP POLICY tenant ON %I', t);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO consilium_app
         USING (organisation_id = (SELECT app_tenant())
                AND ((SELECT app_clinics() IS NULL) OR %s))', t, seen);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO consilium_app, consilium_system;
GRANT SELECT ON active_grant TO consilium_app;
GRANT DELETE ON consult_draft, recent_patient TO consilium_app;

-- 2. Names of organisations are no secret inside one installation; their data is.
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation FORCE ROW LEVEL SECURITY;
CREATE POLICY names ON organisation FOR SELECT TO consilium_app, consilium_system USING (true);
CREATE POLICY own ON organisation FOR INSERT TO consilium_app WITH CHECK (id = (SELECT app_organisation()));
GRANT SELECT, INSERT ON organisation TO consilium_app;
CREATE POLICY own_rules ON organisation FOR UPDATE TO consilium_app
  USING (id = (SELECT app_tenant()));
GRANT UPDATE (idle_minutes, second_factor_roles, second_factor_from, grant_days, retention_years) ON organisation TO consilium_app;
GRANT SELECT ON organisation TO consilium_system;

-- 3. Experts offered to all.
CREATE POLICY directory ON expert_listing FOR SELECT TO consilium_app
  USING ((SELECT app_tenant() IS NOT NULL));

-- [ID-21] A credential is withdrawn, never changed; the reminder's job notes what it told.
REVOKE UPDATE ON practitioner_credential FROM consilium_app;
GRANT UPDATE (withdrawn_at) ON practitioner_credential TO consilium_app;
GRANT SELECT, UPDATE (reminded_days) ON practitioner_credential TO consilium_system;
CREATE POLICY system ON practitioner_credential TO consilium_system USING (true);

-- 4. Consult grants: the only way across organisations.
CREATE POLICY grantee ON consult_grant_item FOR SELECT TO consilium_app
  USING (grantee_organisation_id = (SELECT app_tenant())
         AND (grantee_user_id::text = (SELECT app_actor())
              OR (grantee_user_id IS NULL AND grantee_specialty = (SELECT app_specialty())))
         AND revoked_at IS NULL AND starts_at <= now() AND ends_at > now());
-- [CN-4] A grant follows its consult, whoever changes it: narrowed to the one who accepts, ended with it.
CREATE POLICY owner ON consult_grant_item TO consilium_owner USING (true) WITH CHECK (true);
CREATE OR REPLACE FUNCTION grant_follows_consult() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF NEW.status = 'accepted' THEN
    UPDATE consult_grant_item SET grantee_user_id = NEW.expert_id
     WHERE organisation_id = NEW.organisation_id AND consult_id = NEW.id AND revoked_at IS NULL AND guest_id IS NULL;
  ELSIF NEW.status IN ('declined', 'cancelled', 'closed') THEN
    UPDATE consult_guest SET ended_at = now()
     WHERE organisation_id = NEW.organisation_id AND consult_id = NEW.id AND ended_at IS NULL;
    UPDATE consult_grant_item SET revoked_at = now()
     WHERE organisation_id = NEW.organisation_id AND consult_id = NEW.id AND revoked_at IS NULL;
    PERFORM pg_notify('live', json_build_object('topic', 'access', 'name', 'grant.ended',
      'data', json_build_object('consultId', NEW.id))::text);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER consult_grant_follows AFTER UPDATE OF status ON consult
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION grant_follows_consult();

-- [CN-19] What is granted stays what it was; it is ended, or its end is moved. No end lies further than a new grant's
-- would, and what was taken back stays so: it is given anew, or not at all.
REVOKE UPDATE ON consult_grant_item FROM consilium_app;
GRANT UPDATE (ends_at, revoked_at, revoked_by_id, revoked_by_name) ON consult_grant_item TO consilium_app;
CREATE OR REPLACE FUNCTION grant_keeps_bounds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NOT NULL
     AND (NEW.revoked_at, NEW.ends_at) IS DISTINCT FROM (OLD.revoked_at, OLD.ends_at) THEN
    RAISE EXCEPTION 'a grant taken back stays so' USING ERRCODE = '42501';
  END IF;
  -- [CN-70] What is opened by an invitation is opened to the one invited, while it stands.
  IF TG_OP = 'INSERT' AND NEW.guest_id IS NOT NULL AND NOT EXISTS (
       SELECT FROM consult_guest g
        WHERE g.id = NEW.guest_id AND g.organisation_id = NEW.organisation_id AND g.consult_id = NEW.consult_id
          AND g.user_id = NEW.grantee_user_id AND g.guest_organisation_id = NEW.grantee_organisation_id
          AND g.ended_at IS NULL) THEN
    RAISE EXCEPTION 'a grant without its invitation' USING ERRCODE = '42501';
  END IF;
  IF (TG_OP = 'INSERT' OR NEW.ends_at > OLD.ends_at) AND NEW.ends_at > now() + interval '1 second'
       + make_interval(days => (SELECT grant_days FROM organisation WHERE id = NEW.organisation_id)) THEN
    RAISE EXCEPTION 'a grant longer than its organisation allows' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER grant_bounds BEFORE INSERT OR UPDATE ON consult_grant_item
  FOR EACH ROW EXECUTE FUNCTION grant_keeps_bounds();
-- [CN-21] Broken glass: a row of the expert who once had the grant, about their own consult, for an hour at most. It
-- opens again what was open when the grant ended, to be read; not the consult itself, nor what was taken out before. A
-- grant that a person ended, or that ended over a year ago, is not opened again.
CREATE OR REPLACE FUNCTION glass_can_break(p_consult uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM consult c WHERE c.id = p_consult AND c.status IN ('accepted', 'closed')
                   AND c.expert_id::text = (SELECT app_actor()) AND c.expert_organisation_id = (SELECT app_organisation()))
     AND coalesce((SELECT g.revoked_by_id IS NULL AND (g.revoked_at IS NOT NULL OR g.ends_at <= now())
                          AND least(g.revoked_at, g.ends_at) > now() - interval '1 year'
                     FROM consult_grant_item g WHERE g.consult_id = p_consult AND g.kind = 'consult' AND g.guest_id IS NULL
                    ORDER BY g.starts_at DESC, g.created_at DESC LIMIT 1), false)
$$;
REVOKE ALL ON FUNCTION glass_can_break(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION glass_can_break(uuid) TO consilium_app;
CREATE POLICY breaker_reads ON break_glass_access FOR SELECT TO consilium_app
  USING (user_id::text = (SELECT app_actor()) AND user_organisation_id = (SELECT app_tenant()));
CREATE POLICY breaker ON break_glass_access FOR INSERT TO consilium_app
  WITH CHECK (user_organisation_id = (SELECT app_tenant())
    AND reviewed_at IS NULL AND verdict IS NULL
    -- Instants are kept to the millisecond, and rounded.
    AND starts_at <= now() + interval '1 second' AND ends_at <= now() + interval '1 hour 1 second'
    AND EXISTS (SELECT FROM consult c WHERE c.id = consult_id AND c.organisation_id = break_glass_access.organisation_id
                 AND c.patient_id = break_glass_access.patient_id)
    AND glass_can_break(consult_id));
-- The organisation itself neither makes such a row nor changes what it says; it judges.
CREATE POLICY breaker_only ON break_glass_access AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (user_id::text = (SELECT app_actor()) AND organisation_id <> (SELECT app_organisation()));
REVOKE UPDATE ON break_glass_access FROM consilium_app;
GRANT UPDATE (verdict, review_comment, reviewed_by_id, reviewed_by_name, reviewed_at) ON break_glass_access TO consilium_app;
CREATE POLICY breaker ON outbox FOR INSERT TO consilium_app
  WITH CHECK (topic = 'record.glass-broken' AND organisation_id IN (
    SELECT organisation_id FROM break_glass_access WHERE user_id::text = (SELECT app_actor()) AND ends_at > now()));
GRANT SELECT ON break_glass_access TO consilium_system;
CREATE POLICY system ON break_glass_access FOR SELECT TO consilium_system USING (true);
CREATE POLICY owner ON break_glass_access FOR SELECT TO consilium_owner USING (true);
CREATE OR REPLACE FUNCTION glass_opens() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE ended timestamptz;
BEGIN
  SELECT least(revoked_at, ends_at) INTO ended FROM consult_grant_item
   WHERE organisation_id = NEW.organisation_id AND consult_id = NEW.consult_id AND kind = 'consult' AND guest_id IS NULL
   ORDER BY starts_at DESC, created_at DESC LIMIT 1;
  INSERT INTO consult_grant_item (id, organisation_id, consult_id, patient_id, grantee_organisation_id, grantee_user_id,
      grantee_specialty, kind, item_id, purpose, starts_at, ends_at)
    SELECT gen_random_uuid(), g.organisation_id, g.consult_id, g.patient_id, g.grantee_organisation_id, NEW.user_id,
           g.grantee_specialty, g.kind, g.item_id, 'break-glass', now(), least(NEW.ends_at, now() + interval '1 hour')
      FROM consult_grant_item g
     WHERE g.organisation_id = NEW.organisation_id AND g.consult_id = NEW.consult_id AND g.kind <> 'consult'
       AND g.guest_id IS NULL AND g.purpose = 'consult' AND g.grantee_organisation_id = NEW.user_organisation_id AND g.revoked_by_id IS NULL
       AND least(g.revoked_at, g.ends_at) >= ended;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER glass_broken AFTER INSERT ON break_glass_access FOR EACH ROW EXECUTE FUNCTION glass_opens();

-- [CN-20] Whoever watches for ends hears of each new one.
CREATE OR REPLACE FUNCTION grant_end_set() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  PERFORM pg_notify('live', '{"topic":"grants","name":"grant.end-set"}');
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER grant_end_set AFTER INSERT OR UPDATE OF ends_at ON consult_grant_item
  FOR EACH STATEMENT EXECUTE FUNCTION grant_end_set();
GRANT SELECT ON consult_grant_item TO consilium_system;
CREATE POLICY system ON consult_grant_item FOR SELECT TO consilium_system USING (true);

CREATE POLICY granted ON patient FOR SELECT TO consilium_app
  USING (id IN (SELECT patient_id FROM active_grant WHERE kind = 'identity'));
CREATE POLICY granted ON health_item FOR SELECT TO consilium_app
  USING ((patient_id, kind) IN (
    SELECT patient_id, CASE kind WHEN 'allergies' THEN 'allergy' WHEN 'conditions' THEN 'condition' ELSE 'medication' END
      FROM active_grant WHERE kind IN ('allergies', 'conditions', 'medications')));
CREATE POLICY granted ON finding FOR SELECT TO consilium_app
  USING (patient_id IN (SELECT patient_id FROM active_grant WHERE kind = 'chart'));
CREATE POLICY granted ON treatment_plan FOR SELECT TO consilium_app
  USING (patient_id IN (SELECT patient_id FROM active_grant WHERE kind = 'plan'));
CREATE POLICY granted ON treatment_plan_item FOR SELECT TO consilium_app
  USING (patient_id IN (SELECT patient_id FROM active_grant WHERE kind = 'plan'));
CREATE POLICY granted ON image FOR SELECT TO consilium_app
  USING (id IN (SELECT item_id FROM active_grant WHERE kind = 'image'));
CREATE POLICY granted ON stored_file FOR SELECT TO consilium_app
  USING ((organisation_id, sha256) IN (
    SELECT i.organisation_id, unnest(ARRAY[i.file_sha256, i.frame_sha256, i.thumbnail_sha256]) FROM image i
     WHERE i.id IN (SELECT item_id FROM active_grant WHERE kind = 'image')));
CREATE POLICY granted ON note FOR SELECT TO consilium_app
  USING (id IN (SELECT item_id FROM active_grant WHERE kind = 'note'));

-- 5. The consult itself, for the expert's side: all who were asked see it until one accepts, then that one.
CREATE POLICY expert ON consult FOR SELECT TO consilium_app
  USING (expert_organisation_id = (SELECT app_tenant())
         AND (coalesce(expert_id, asked_expert_id)::text = (SELECT app_actor())
              OR (expert_id IS NULL AND asked_expert_id IS NULL AND specialty = (SELECT app_specialty()))));
CREATE POLICY expert_acts ON consult FOR UPDATE TO consilium_app
  USING (expert_organisation_id = (SELECT app_tenant())
         AND (coalesce(expert_id, asked_expert_id)::text = (SELECT app_actor())
              OR (expert_id IS NULL AND asked_expert_id IS NULL AND specialty = (SELECT app_specialty()))));

-- [CN-72] An invited specialist sees the consult under their grant, and acts on nothing of it.
CREATE POLICY guest ON consult FOR SELECT TO consilium_app
  USING ((organisation_id, id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NOT NULL));

-- What is said and drawn is everybody's who works under a grant; what is decided is between the two sides.
DO $$
DECLARE t text; held text;
BEGIN
  FOREACH t IN ARRAY ARRAY['consult_message', 'pin_comment', 'pin_comment_version', 'board_document', 'board_update', 'call_encryption',
                           'proposal', 'opinion', 'consult_seat', 'consult_document', 'consult_recording', 'consult_recording_piece'] LOOP
    held := '(organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = ''consult'''
      || CASE WHEN t IN ('proposal', 'opinion', 'consult_seat', 'consult_document', 'consult_recording', 'consult_recording_piece')
              THEN ' AND guest_id IS NULL)' ELSE ')' END;
    EXECUTE format('CREATE POLICY granted ON %I TO consilium_app USING (%s) WITH CHECK (%s)', t, held, held);
  END LOOP;
END $$;
-- [CN-72] They see who is in the room, and take their own place alone; and that they are being recorded, while they are.
CREATE POLICY guest ON consult_seat FOR SELECT TO consilium_app
  USING ((organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NOT NULL));
CREATE POLICY guest_sits ON consult_seat FOR INSERT TO consilium_app
  WITH CHECK (identity = 'm:' || (SELECT app_actor()) AND role = 'guest'
    AND (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NOT NULL));
CREATE POLICY guest_sits_again ON consult_seat FOR UPDATE TO consilium_app
  USING (identity = 'm:' || (SELECT app_actor())
    AND (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NOT NULL))
  WITH CHECK (identity = 'm:' || (SELECT app_actor()) AND role = 'guest');
CREATE POLICY guest ON consult_recording FOR SELECT TO consilium_app
  USING (state IN ('recording', 'paused')
    AND (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NOT NULL));
-- [CN-70] Invited are experts of other organisations who can be asked today; who was, and what became of it, is not rewritten.
CREATE POLICY listed ON consult_guest AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (guest_organisation_id <> organisation_id AND invited_by_id::text = (SELECT app_actor()) AND ended_at IS NULL
    AND EXISTS (SELECT FROM expert_listing l WHERE l.user_id = consult_guest.user_id AND l.organisation_id = guest_organisation_id));
REVOKE UPDATE ON consult_guest FROM consilium_app;
GRANT UPDATE (ended_at, ended_by_id, ended_by_name) ON consult_guest TO consilium_app;
CREATE POLICY once ON consult_guest AS RESTRICTIVE FOR UPDATE TO consilium_app
  USING (ended_at IS NULL) WITH CHECK (ended_by_id::text = (SELECT app_actor()));
CREATE POLICY granted ON consult_guest FOR SELECT TO consilium_app
  USING (ended_at IS NULL AND (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult'));
-- Who left by themselves; Postgres asks it of the row that says so.
CREATE POLICY left_by_oneself ON consult_guest FOR SELECT TO consilium_app
  USING (user_id::text = (SELECT app_actor()) AND guest_organisation_id = (SELECT app_tenant())
    AND ended_by_id::text = (SELECT app_actor()));
CREATE POLICY leaves ON consult_guest FOR UPDATE TO consilium_app
  USING (user_id::text = (SELECT app_actor()) AND guest_organisation_id = (SELECT app_tenant()));
CREATE POLICY owner ON consult_guest TO consilium_owner USING (true) WITH CHECK (true);
GRANT SELECT ON consult_guest TO consilium_system;
CREATE POLICY system ON consult_guest FOR SELECT TO consilium_system USING (true);
-- [CN-71] What an invitation opened ends with it, whoever ends it: sockets, streams and the seat too.
CREATE OR REPLACE FUNCTION guest_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE consult_grant_item SET revoked_at = now(), revoked_by_id = NEW.ended_by_id, revoked_by_name = NEW.ended_by_name
   WHERE organisation_id = NEW.organisation_id AND consult_id = NEW.consult_id AND guest_id = NEW.id AND revoked_at IS NULL;
  PERFORM pg_notify('live', json_build_object('topic', 'access', 'name', 'grant.ended',
    'data', json_build_object('consultId', NEW.consult_id))::text);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guest_ends AFTER UPDATE OF ended_at ON consult_guest
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION guest_ended();
CREATE POLICY granted ON board_snapshot FOR SELECT TO consilium_app
  USING ((organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult'));
CREATE POLICY granted ON board_segment FOR SELECT TO consilium_app
  USING ((organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult'));
-- [BD-9] The log of a board is only added to. A row goes once a segment holds it, and no other; segments stay.
REVOKE UPDATE ON board_update, board_segment FROM consilium_app;
GRANT DELETE ON board_update TO consilium_app;
CREATE POLICY sealed ON board_update AS RESTRICTIVE FOR DELETE TO consilium_app
  USING (EXISTS (SELECT FROM board_segment s
                  WHERE s.organisation_id = board_update.organisation_id AND s.document_id = board_update.document_id
                    AND board_update.number BETWEEN s.first AND s.last));
-- [BD-5] In one round trip what is done for every stroke on every board. Takes the document's row lock until the
-- transaction ends, so numbers follow commit order. @returns the number of the last row
CREATE OR REPLACE FUNCTION board_append(p_organisation uuid, p_document uuid, p_consult uuid, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE n int := jsonb_array_length(p_rows); last bigint;
BEGIN
  UPDATE board_document SET last_number = last_number + n WHERE organisation_id = p_organisation AND id = p_document
    RETURNING last_number INTO last;
  IF last IS NULL THEN RAISE EXCEPTION 'board_document: not found' USING ERRCODE = 'P0002'; END IF;
  INSERT INTO board_update (organisation_id, document_id, consult_id, number, author, at, bytes)
    SELECT p_organisation, p_document, p_consult, last - n + i, r->>'author', (r->>'at')::timestamptz, decode(r->>'bytes', 'base64')
      FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS rows (r, i);
  RETURN last;
END $$;
-- The same as the collaboration server, in the name of the organisation that owns the board.
CREATE OR REPLACE FUNCTION collab_append(p_organisation uuid, p_document uuid, p_consult uuid, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.organisation', p_organisation::text, true), set_config('app.actor', 'collab', true),
          set_config('app.consult', '', true);
  RETURN board_append(p_organisation, p_document, p_consult, p_rows);
END $$;
-- What is said at a pin: nobody writes in another's name or changes another's words; the words before a change stay.
REVOKE UPDATE ON pin_comment, pin_comment_version FROM consilium_app;
GRANT UPDATE (text, mentions, edited_at, deleted_at) ON pin_comment TO consilium_app;
CREATE POLICY author ON pin_comment AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (author_id::text = (SELECT app_actor()) AND author_organisation_id = (SELECT app_organisation()));
CREATE POLICY author_changes ON pin_comment AS RESTRICTIVE FOR UPDATE TO consilium_app
  USING (author_id::text = (SELECT app_actor()) AND deleted_at IS NULL)
  WITH CHECK (author_id::text = (SELECT app_actor()));
CREATE POLICY author ON pin_comment_version AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (replaced_by_id::text = (SELECT app_actor()));
-- What an expert signed stays theirs to read after the grant has ended.
CREATE POLICY author ON opinion FOR SELECT TO consilium_app
  USING (author_organisation_id = (SELECT app_tenant()) AND author_id::text = (SELECT app_actor()));
CREATE POLICY author ON consult_document FOR SELECT TO consilium_app
  USING (kind = 'opinion-pdf' AND (SELECT app_tenant() IS NOT NULL)
         AND consult_id IN (SELECT consult_id FROM opinion WHERE author_id::text = (SELECT app_actor())));

-- [CN-40] What was said in writing is never rewritten, and nobody writes in another's name.
REVOKE UPDATE, DELETE ON consult_message FROM consilium_app;
CREATE POLICY author ON consult_message AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (author_id::text = (SELECT app_actor()) AND author_organisation_id = (SELECT app_organisation())
              AND (author_kind = 'visitor') = (SELECT app_consult() IS NOT NULL));

-- [CN-72] Who was invited writes to the team; to the patient's page write the two sides.
CREATE POLICY guest_to_team ON consult_message AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (audience = 'team' OR organisation_id = (SELECT app_organisation())
    OR (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NULL));

-- [RC-3] [RC-5] Nobody records or sends pieces in another's name; a piece stays what it was, and so does a recording
-- that is closed.
REVOKE UPDATE ON consult_recording, consult_recording_piece FROM consilium_app;
GRANT UPDATE (state, spans, heard_at, ended_at, end_reason, pieces, closed_at, head_sha256, head_size, body_from, body_to,
              body_pieces, duration_ms, size, sha256, cut, egress_id, stopped_at) ON consult_recording TO consilium_app;
CREATE POLICY author ON consult_recording AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (started_by_id::text = (SELECT app_actor()) AND started_by_organisation_id = (SELECT app_organisation()));
CREATE POLICY open_only ON consult_recording AS RESTRICTIVE FOR UPDATE TO consilium_app
  USING (state IN ('recording', 'paused', 'ended')) WITH CHECK (true);
CREATE POLICY author ON consult_recording_piece AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (EXISTS (SELECT FROM consult_recording r
                       WHERE r.organisation_id = consult_recording_piece.organisation_id AND r.id = recording_id
                         AND r.consult_id = consult_recording_piece.consult_id
                         -- [RC-17] What the media server recorded is taken in by a job.
                         AND (SELECT app_actor()) = CASE r.maker WHEN 'server' THEN 'system' ELSE r.started_by_id::text END
                         AND r.state IN ('recording', 'paused', 'ended')));

-- [CN-60] [CN-62] Figures of calls: written in the name of the organisation, read by clinic, gone after a year.
CREATE POLICY clinics ON call_statistic AS RESTRICTIVE FOR SELECT TO consilium_app
  USING ((SELECT app_clinics() IS NULL) OR clinic_id = ANY ((SELECT app_clinics())::uuid[]));
GRANT SELECT (day), DELETE ON call_statistic TO consilium_system;
CREATE POLICY system ON call_statistic TO consilium_system USING (true);

-- 6. A visiting patient: one consult, its room and the pictures on its board.
CREATE POLICY visitor ON consult FOR SELECT TO consilium_app USING (id = (SELECT app_consult()));
-- What is addressed to them, and what they write; never what staff write to each other.
CREATE POLICY visitor ON consult_message FOR SELECT TO consilium_app
  USING (consult_id = (SELECT app_consult()) AND audience = 'all');
CREATE POLICY visitor_writes ON consult_message FOR INSERT TO consilium_app
  WITH CHECK (consult_id = (SELECT app_consult()) AND organisation_id = (SELECT app_organisation())
              AND audience = 'all' AND kind = 'chat' AND links = '[]' AND file_sha256 IS NULL);
CREATE POLICY visitor ON consult_seat TO consilium_app
  USING (consult_id = (SELECT app_consult())) WITH CHECK (consult_id = (SELECT app_consult()) AND organisation_id = (SELECT app_organisation()));
CREATE POLICY visitor ON call_encryption TO consilium_app
  USING (consult_id = (SELECT app_consult())) WITH CHECK (consult_id = (SELECT app_consult()) AND organisation_id = (SELECT app_organisation()));
-- That they are being recorded, for as long as they are; nothing of what was recorded.
CREATE POLICY visitor ON consult_recording FOR SELECT TO consilium_app
  USING (consult_id = (SELECT app_consult()) AND state IN ('recording', 'paused'));
CREATE POLICY visitor ON board_document FOR SELECT TO consilium_app USING (consult_id = (SELECT app_consult()));
CREATE POLICY visitor ON board_update FOR SELECT TO consilium_app USING (consult_id = (SELECT app_consult()));
CREATE POLICY visitor ON board_snapshot FOR SELECT TO consilium_app USING (consult_id = (SELECT app_consult()));
CREATE POLICY visitor ON board_segment FOR SELECT TO consilium_app USING (consult_id = (SELECT app_consult()));
-- A picture that was taken back leaves the patient's board too: it may be another person's.
CREATE POLICY visitor ON consult_grant_item FOR SELECT TO consilium_app
  USING (consult_id = (SELECT app_consult()) AND revoked_at IS NULL AND guest_id IS NULL);
CREATE POLICY visitor ON image FOR SELECT TO consilium_app
  USING (id IN (SELECT item_id FROM consult_grant_item
                 WHERE consult_id = (SELECT app_consult()) AND kind = 'image'));
CREATE POLICY visitor ON stored_file FOR SELECT TO consilium_app
  USING ((organisation_id, sha256) IN (
    SELECT i.organisation_id, unnest(ARRAY[i.file_sha256, i.frame_sha256, i.thumbnail_sha256]) FROM image i
     WHERE i.id IN (SELECT item_id FROM consult_grant_item WHERE consult_id = (SELECT app_consult()) AND kind = 'image')));
CREATE POLICY visitor ON outbox FOR INSERT TO consilium_app
  WITH CHECK (organisation_id = (SELECT app_organisation()) AND (SELECT app_consult()) IS NOT NULL);

-- An expert's news about a consult goes to the outbox of its owner.
CREATE POLICY granted ON outbox FOR INSERT TO consilium_app
  WITH CHECK (organisation_id IN (SELECT organisation_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NULL));
CREATE POLICY guest ON outbox FOR INSERT TO consilium_app
  WITH CHECK (topic IN ('comment.mentioned', 'guest.left')
    AND organisation_id IN (SELECT organisation_id FROM active_grant WHERE kind = 'consult' AND guest_id IS NOT NULL));

-- 7. Role consilium_system.
GRANT SELECT, INSERT, UPDATE, DELETE ON "user", session, account, verification,
  sign_in_try, totp_factor, recovery_code, passkey, sign_in_step, password_reset TO consilium_system;
GRANT SELECT ON member_invitation TO consilium_system;
CREATE POLICY system ON member_invitation FOR SELECT TO consilium_system USING (true);
GRANT SELECT ON member_role, member_role_right TO consilium_system;
CREATE POLICY system ON member_role FOR SELECT TO consilium_system USING (true);
CREATE POLICY system ON member_role_right FOR SELECT TO consilium_system USING (true);
GRANT SELECT ON member TO consilium_system;
CREATE POLICY system ON member FOR SELECT TO consilium_system USING (true);
GRANT SELECT, UPDATE ON consult_invite TO consilium_system;
CREATE POLICY system ON consult_invite TO consilium_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON visit_session TO consilium_system;
CREATE POLICY system ON visit_session TO consilium_system USING (true) WITH CHECK (true);
GRANT SELECT ON consult, patient TO consilium_system;
CREATE POLICY system ON consult FOR SELECT TO consilium_system USING (true);
CREATE POLICY system ON patient FOR SELECT TO consilium_system USING (true);
-- Data keys, wrapped: the app's role sees none, its own organisation's neither. Sealed columns are re-sealed by
-- the system's role alone.
DROP POLICY tenant ON data_key;
REVOKE INSERT, UPDATE ON data_key FROM consilium_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON data_key TO consilium_system;
CREATE POLICY system ON data_key TO consilium_system USING (true) WITH CHECK (true);
GRANT UPDATE (phone, phone_index, email, national_id, national_id_index, address) ON patient TO consilium_system;
CREATE POLICY system_seals ON patient FOR UPDATE TO consilium_system USING (true);
GRANT SELECT, UPDATE (secret) ON call_encryption TO consilium_system;
CREATE POLICY system ON call_encryption TO consilium_system USING (true);
GRANT SELECT ON consult_seat TO consilium_system;
CREATE POLICY system ON consult_seat FOR SELECT TO consilium_system USING (true);
-- The worker tells people of either organisation of a consult.
GRANT SELECT, INSERT, UPDATE ON notification, outgoing_mail TO consilium_system;
CREATE POLICY system ON notification TO consilium_system USING (true) WITH CHECK (true);
CREATE POLICY system ON outgoing_mail TO consilium_system USING (true) WITH CHECK (true);
-- News are for one person, also among colleagues.
CREATE POLICY own ON notification AS RESTRICTIVE TO consilium_app
  USING (user_id::text = (SELECT app_actor())) WITH CHECK (user_id::text = (SELECT app_actor()));
-- [NO-20] A device is its person's alone; another's leaves it when they sign in there and want to be called.
CREATE POLICY own ON push_subscription AS RESTRICTIVE TO consilium_app
  USING (user_id::text = (SELECT app_actor())) WITH CHECK (user_id::text = (SELECT app_actor()));
GRANT DELETE ON push_subscription TO consilium_app;
GRANT SELECT, UPDATE, DELETE ON push_subscription TO consilium_system;
CREATE POLICY system ON push_subscription TO consilium_system USING (true);
REVOKE INSERT, UPDATE ON outgoing_mail FROM consilium_app;
GRANT SELECT, DELETE ON outbox TO consilium_system;
CREATE POLICY system ON outbox TO consilium_system USING (true);

-- 8. Running numbers, and the audit trail's one door.
CREATE POLICY owner ON counter TO consilium_owner USING (true) WITH CHECK (true);
CREATE POLICY owner ON audit_event TO consilium_owner USING (true) WITH CHECK (true);
CREATE POLICY owner ON audit_chain TO consilium_owner USING (true) WITH CHECK (true);
CREATE POLICY owner ON audit_archive TO consilium_owner USING (true) WITH CHECK (true);
REVOKE INSERT, UPDATE ON audit_event, audit_chain, audit_archive, counter FROM consilium_app;
-- The job that writes checkpoints reads every chain and notes what it found.
GRANT SELECT ON audit_event, audit_chain, audit_archive TO consilium_system;
GRANT UPDATE (verified_number, verified_at, checkpoint_number, checkpoint_at, broken_number) ON audit_chain TO consilium_system;
CREATE POLICY system ON audit_event FOR SELECT TO consilium_system USING (true);
CREATE POLICY system ON audit_archive FOR SELECT TO consilium_system USING (true);
CREATE POLICY system ON audit_chain TO consilium_system USING (true) WITH CHECK (true);

CREATE OR REPLACE FUNCTION next_number(p_organisation uuid, p_name text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
  INSERT INTO counter (id, organisation_id, name, value) VALUES (gen_random_uuid(), p_organisation, p_name, 1)
  ON CONFLICT (organisation_id, name) DO UPDATE SET value = counter.value + 1
  RETURNING value
$$;

-- Canonical JSON (RFC 8785) of a jsonb value: keys by code point (the app's are ASCII), no blanks.
CREATE OR REPLACE FUNCTION canonical_json(v jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = public AS $$
BEGIN
  IF v = '{}' THEN RETURN '{}'; END IF;
  RETURN CASE jsonb_typeof(v)
    WHEN 'object' THEN (SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || canonical_json(value), ',' ORDER BY key COLLATE "C"), '') || '}' FROM jsonb_each(v))
    WHEN 'array' THEN (SELECT '[' || coalesce(string_agg(canonical_json(value), ',' ORDER BY n), '') || ']' FROM jsonb_array_elements(v) WITH ORDINALITY AS x (value, n))
    ELSE v::text END;
END $$;

-- What an event's hash covers. Written as eventText in features/audit/event.ts writes it; Postgres escapes strings
-- in JSON as RFC 8785 asks, and writes a row's fields in the type's order, which is by code point.
DO $$ BEGIN
  IF to_regtype('public.audit_covered') IS NULL THEN
    CREATE TYPE audit_covered AS (action text, "actorId" text, "actorKind" text, "actorOrganisationId" uuid, "actorRole" text,
      at text, "consultId" uuid, detail json, id uuid, ip text, "organisationId" uuid, outcome text, "patientId" uuid,
      "requestId" text, "subjectId" text, "subjectType" text);
  END IF;
END $$;
CREATE OR REPLACE FUNCTION audit_text(e audit_event) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT row_to_json(ROW(e.action, e.actor_id, e.actor_kind, e.actor_organisation_id, e.actor_role,
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), e.consult_id,
    CASE WHEN e.detail = '{}' THEN '{}' ELSE public.canonical_json(e.detail) END, e.id, e.ip, e.organisation_id, e.outcome,
    e.patient_id, e.request_id, e.subject_id, e.subject_type)::public.audit_covered)::text
$$;

-- [AU-5] The chain: each hash covers the one before it. 32 zero bytes stand before the first.
CREATE OR REPLACE FUNCTION audit_hash(previous bytea, e audit_event) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(previous || int8send(e.number) || convert_to(public.audit_text(e), 'UTF8'))
$$;

DROP FUNCTION IF EXISTS audit_append(uuid, uuid, timestamptz, text, text, uuid, text, text, text, text, text, uuid, uuid, text, text, jsonb);
-- One event, by the names of its columns; number and hash are given here.
CREATE OR REPLACE FUNCTION audit_append(p_event jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE e audit_event := jsonb_populate_record(NULL::audit_event, p_event); covered bytea;
BEGIN
  -- Nobody writes another's trail in somebody else's name.
  IF e.actor_organisation_id IS DISTINCT FROM app_organisation() THEN
    RAISE EXCEPTION 'audit: actor outside its organisation' USING ERRCODE = '42501';
  END IF;
  covered := convert_to(audit_text(e), 'UTF8');
  LOOP
    -- The chain's row is locked under which numbers and hashes follow one another, to the end of the transaction.
    WITH link AS (
      UPDATE audit_chain c SET number = c.number + 1, hash = sha256(c.hash || int8send(c.number + 1) || covered)
       WHERE c.organisation_id = e.organisation_id RETURNING c.number, c.hash)
    INSERT INTO audit_event (id, organisation_id, number, at, actor_kind, actor_id, actor_organisation_id, actor_role,
        action, outcome, subject_type, subject_id, patient_id, consult_id, ip, request_id, detail, hash)
      SELECT e.id, e.organisation_id, link.number, e.at, e.actor_kind, e.actor_id, e.actor_organisation_id, e.actor_role,
        e.action, e.outcome, e.subject_type, e.subject_id, e.patient_id, e.consult_id, e.ip, e.request_id, e.detail, link.hash FROM link;
    EXIT WHEN FOUND;
    INSERT INTO audit_chain (organisation_id, number, hash) VALUES (e.organisation_id, 0, decode(repeat('00', 32), 'hex'))
      ON CONFLICT DO NOTHING;
  END LOOP;
END $$;

-- Events from before there was a chain are put into it once, and the chain says so (started_after).
DO $$
DECLARE o uuid; e audit_event; h bytea; n bigint;
BEGIN
  FOR o IN SELECT DISTINCT organisation_id FROM audit_event a
            WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.organisation_id = a.organisation_id) LOOP
    h := decode(repeat('00', 32), 'hex'); n := 0;
    FOR e IN SELECT * FROM audit_event WHERE organisation_id = o ORDER BY number LOOP
      h := audit_hash(h, e); n := e.number;
      UPDATE audit_event SET hash = h WHERE organisation_id = o AND number = n;
    END LOOP;
    INSERT INTO audit_chain (organisation_id, number, hash, started_after) VALUES (o, n, h, n);
  END LOOP;
  DELETE FROM counter WHERE name = 'audit';
END $$;

-- [AU-8] Events leave the table only here: once their archive file is written and read back, at a checkpoint, and
-- never younger than six months, whoever asks.
CREATE OR REPLACE FUNCTION audit_archived(p_organisation uuid, p_first bigint, p_last bigint, p_hash bytea, p_sha256 text, p_size bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE c audit_chain; f timestamptz; t timestamptz; n bigint;
BEGIN
  SELECT * INTO STRICT c FROM audit_chain WHERE organisation_id = p_organisation FOR UPDATE;
  SELECT min(at), max(at), count(*) INTO f, t, n FROM audit_event
   WHERE organisation_id = p_organisation AND number BETWEEN p_first AND p_last;
  IF p_first <> c.archived_number + 1 OR n <> p_last - p_first + 1 OR p_last > c.checkpoint_number
     OR t > now() - interval '6 months'
     OR p_hash IS DISTINCT FROM (SELECT hash FROM audit_event WHERE organisation_id = p_organisation AND number = p_last) THEN
    RAISE EXCEPTION 'audit: these events cannot be archived' USING ERRCODE = '55000';
  END IF;
  INSERT INTO audit_archive (id, organisation_id, first_number, last_number, first_at, last_at, sha256, size)
    VALUES (gen_random_uuid(), p_organisation, p_first, p_last, f, t, p_sha256, p_size);
  DELETE FROM audit_event WHERE organisation_id = p_organisation AND number BETWEEN p_first AND p_last;
  UPDATE audit_chain SET archived_number = p_last WHERE organisation_id = p_organisation;
END $$;
REVOKE ALL ON FUNCTION audit_archived(uuid, bigint, bigint, bytea, text, bigint) FROM PUBLIC, consilium_app;
GRANT EXECUTE ON FUNCTION audit_archived(uuid, bigint, bigint, bytea, text, bigint) TO consilium_system;
REVOKE ALL ON FUNCTION next_number(uuid, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_append(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_number(uuid, text) TO consilium_app;
GRANT EXECUTE ON FUNCTION audit_append(jsonb) TO consilium_app, consilium_system;

-- [AU-12] Who opened a patient's record, and to which consults it was opened: for the organisation's own people and
-- for the patient's link. Runs as the owner, since neither sees the names of another hospital's people otherwise.
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['patient', 'member', 'consult'] LOOP
    EXECUTE format('CREATE POLICY owner ON %I FOR SELECT TO consilium_owner USING (true)', t);
  END LOOP;
END $$;
CREATE POLICY owner ON organisation FOR SELECT TO consilium_owner USING (true);
CREATE OR REPLACE FUNCTION record_subject(p_patient uuid) RETURNS SETOF patient LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT p FROM patient p WHERE p.id = p_patient AND p.organisation_id = (SELECT app_organisation())
     AND ((SELECT app_consult()) IS NULL OR EXISTS (
       SELECT FROM consult c WHERE c.id = (SELECT app_consult()) AND c.organisation_id = p.organisation_id AND c.patient_id = p.id))
$$;
DROP FUNCTION IF EXISTS record_readers(uuid, int);
CREATE FUNCTION record_readers(p_patient uuid, p_limit int) RETURNS TABLE (
  last_at timestamptz, times int, actor_kind text, actor_name text, actor_role text, own boolean,
  organisation text, organisation_en text, consult_number text, actions text[], emergency boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT max(e.at), count(*)::int, e.actor_kind, max(coalesce(m.name, d.name)), max(coalesce(d.relation, e.actor_role)), e.actor_organisation_id = p.organisation_id,
         max(o.name), max(o.name_en), c.number, array_agg(DISTINCT e.action ORDER BY e.action),
         bool_or(e.action = 'record.break-glass' OR EXISTS (
           SELECT FROM break_glass_access b WHERE b.organisation_id = e.organisation_id AND b.patient_id = e.patient_id
              AND b.user_id::text = e.actor_id AND e.at BETWEEN b.starts_at AND b.ends_at))
    FROM record_subject(p_patient) p
    JOIN organisation h ON h.id = p.organisation_id
    JOIN audit_event e ON e.organisation_id = p.organisation_id AND e.patient_id = p.id AND e.outcome = 'ok'
    LEFT JOIN organisation o ON o.id = e.actor_organisation_id
    LEFT JOIN member m ON m.organisation_id = e.actor_organisation_id AND m.user_id::text = e.actor_id
    LEFT JOIN consult c ON c.organisation_id = e.organisation_id AND c.id = e.consult_id
    LEFT JOIN consult_invite i ON e.actor_kind = 'patient-link' AND i.organisation_id = e.organisation_id AND i.id::text = e.actor_id
    LEFT JOIN patient_delegate d ON d.organisation_id = i.organisation_id AND d.id = i.delegate_id
   GROUP BY date_trunc('day', e.at AT TIME ZONE h.time_zone), e.actor_kind, e.actor_id, e.actor_organisation_id,
            p.organisation_id, c.number
   ORDER BY 1 DESC LIMIT least(p_limit, 500)
$$;
CREATE OR REPLACE FUNCTION record_access(p_patient uuid) RETURNS TABLE (
  consult_number text, expert text, organisation text, organisation_en text, kinds text[], starts_at timestamptz,
  ends_at timestamptz, open boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT c.number, max(coalesce(i.name, c.expert_name)), max(o.name), max(o.name_en), array_agg(DISTINCT g.kind), min(g.starts_at),
         max(coalesce(g.revoked_at, g.ends_at)), bool_or(g.revoked_at IS NULL AND g.starts_at <= now() AND g.ends_at > now())
    FROM record_subject(p_patient) p
    JOIN consult_grant_item g ON g.organisation_id = p.organisation_id AND g.patient_id = p.id
    JOIN consult c ON c.organisation_id = g.organisation_id AND c.id = g.consult_id
    LEFT JOIN consult_guest i ON i.organisation_id = g.organisation_id AND i.id = g.guest_id
    LEFT JOIN organisation o ON o.id = g.grantee_organisation_id
   GROUP BY c.number, c.id, g.guest_id ORDER BY min(g.starts_at) DESC LIMIT 200
$$;
REVOKE ALL ON FUNCTION record_subject(uuid), record_readers(uuid, int), record_access(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_readers(uuid, int), record_access(uuid) TO consilium_app;

-- A finding is never changed, only withdrawn.
REVOKE UPDATE ON finding FROM consilium_app;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_reason) ON finding TO consilium_app;

-- [RT-8] What was asked stays as it was asked; only the answer is added. A visiting patient asks through their own
-- link, for their own record, and sees what was asked through it.
REVOKE UPDATE ON correction_request, deletion_request, legal_hold FROM consilium_app;
GRANT UPDATE (state, answer, result_kind, result_id, decided_by_id, decided_by_name, decided_at) ON correction_request TO consilium_app;
GRANT UPDATE (lifted_by_id, lifted_by_name, lifted_at, lift_reason) ON legal_hold TO consilium_app;
CREATE POLICY visitor ON correction_request FOR SELECT TO consilium_app USING (consult_id = (SELECT app_consult()));
CREATE POLICY visitor_asks ON correction_request FOR INSERT TO consilium_app
  WITH CHECK (state = 'open' AND asked_by_id::text = (SELECT app_actor())
              AND (organisation_id, consult_id, patient_id) IN (
                SELECT c.organisation_id, c.id, c.patient_id FROM consult c
                 WHERE c.id = (SELECT app_consult()) AND c.organisation_id = (SELECT app_organisation())));

-- 8a. Those who stand by a patient, their links, and consent.
GRANT SELECT, UPDATE (phone) ON patient_delegate TO consilium_system;
CREATE POLICY system ON patient_delegate TO consilium_system USING (true);
CREATE POLICY owner ON patient_delegate FOR SELECT TO consilium_owner USING (true);
CREATE POLICY owner ON consult_invite TO consilium_owner USING (true) WITH CHECK (true);
-- [PA-11] Who someone was to a patient is not rewritten: a delegation is ended.
REVOKE UPDATE ON patient_delegate FROM consilium_app;
GRANT UPDATE (ended_at, ended_by_id, ended_by_name) ON patient_delegate TO consilium_app;
CREATE OR REPLACE FUNCTION delegate_links_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  UPDATE consult_invite SET revoked_at = now()
   WHERE organisation_id = NEW.organisation_id AND delegate_id = NEW.id AND revoked_at IS NULL;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER delegate_ends AFTER UPDATE OF ended_at ON patient_delegate
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION delegate_links_end();
-- [CN-6] A link that ends takes its sockets and its seat with it, whoever ended it.
CREATE OR REPLACE FUNCTION invite_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  PERFORM pg_notify('live', json_build_object('topic', 'access', 'name', 'invite.ended',
    'data', json_build_object('inviteId', NEW.id))::text);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER invite_ends AFTER UPDATE OF revoked_at ON consult_invite
  FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION invite_ended();

-- [CS-4] A receipt is only added; later only its withdrawal is written, once.
REVOKE UPDATE ON consent_receipt FROM consilium_app;
GRANT UPDATE (withdrawn_at, withdrawn_way, withdrawn_by_id, withdrawn_by_name) ON consent_receipt TO consilium_app;
CREATE OR REPLACE FUNCTION withdrawal_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a withdrawal is final' USING ERRCODE = '42501';
END $$;
CREATE OR REPLACE TRIGGER consent_withdrawn BEFORE UPDATE ON consent_receipt
  FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL) EXECUTE FUNCTION withdrawal_is_final();
CREATE POLICY visitor ON consent_receipt TO consilium_app
  USING ((organisation_id, patient_id) IN (SELECT organisation_id, patient_id FROM consult WHERE id = (SELECT app_consult())))
  WITH CHECK ((organisation_id, patient_id) IN (SELECT organisation_id, patient_id FROM consult WHERE id = (SELECT app_consult())));
-- The expert sees who agreed to what, and answers for themselves.
CREATE POLICY granted ON consent_receipt FOR SELECT TO consilium_app
  USING (patient_id IN (SELECT patient_id FROM active_grant WHERE kind = 'consult'));
CREATE POLICY granted_own ON consent_receipt FOR INSERT TO consilium_app
  WITH CHECK (person_kind = 'member' AND person_id::text = (SELECT app_actor())
    AND (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult'));
CREATE POLICY granted_withdraws ON consent_receipt FOR UPDATE TO consilium_app
  USING (person_kind = 'member' AND person_id::text = (SELECT app_actor())
    AND (organisation_id, consult_id) IN (SELECT organisation_id, consult_id FROM active_grant WHERE kind = 'consult'));
-- [CS-5] Whoever writes it: the rooms of this patient hear of it in the same transaction, and who no longer agrees to
-- be seen loses their seat.
CREATE OR REPLACE FUNCTION consent_tells() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT id FROM consult WHERE organisation_id = NEW.organisation_id AND patient_id = NEW.patient_id
             AND status IN ('requested', 'more-asked', 'accepted') LOOP
    PERFORM pg_notify('live', json_build_object('topic', 'consult:' || r.id, 'name', 'consent.changed',
      'data', json_build_object('purpose', NEW.purpose))::text);
  END LOOP;
  IF NEW.purpose = 'video' AND (NEW.answer = 'refused' OR NEW.withdrawn_at IS NOT NULL) THEN
    FOR r IN SELECT id FROM consult_invite WHERE organisation_id = NEW.organisation_id AND patient_id = NEW.patient_id
               AND revoked_at IS NULL AND (coalesce(delegate_id, patient_id) = NEW.person_id
                 -- A child is seen through the link of who speaks for it.
                 OR NEW.person_kind = 'patient' AND delegate_id IN (
                      SELECT d.id FROM patient_delegate d WHERE d.organisation_id = NEW.organisation_id
                         AND d.patient_id = NEW.patient_id AND d.relation IN ('guardian', 'parent'))) LOOP
      PERFORM pg_notify('live', json_build_object('topic', 'access', 'name', 'seat.ended',
        'data', json_build_object('inviteId', r.id))::text);
    END LOOP;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER consent_told AFTER INSERT OR UPDATE ON consent_receipt
  FOR EACH ROW EXECUTE FUNCTION consent_tells();

-- [CN-18] What a visiting patient asks of the clinic.
CREATE POLICY visitor ON visit_request TO consilium_app
  USING (consult_id = (SELECT app_consult()))
  WITH CHECK (consult_id = (SELECT app_consult()) AND organisation_id = (SELECT app_organisation()));
REVOKE UPDATE ON visit_request FROM consilium_app;
GRANT UPDATE (withdrawn_at, handled_at, handled_by_id, handled_by_name, outcome, tries) ON visit_request TO consilium_app;
-- [CN-31] What the clinic said to a patient's page is read there, and not rewritten by anybody.
CREATE POLICY visitor ON visit_message FOR SELECT TO consilium_app USING (consult_id = (SELECT app_consult()));
REVOKE UPDATE ON visit_message FROM consilium_app;
-- [CN-80] Whether a patient has, or had, a door to this consult's call; nothing of whose.
CREATE OR REPLACE FUNCTION consult_is_visit(p_consult uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM consult_invite WHERE consult_id = p_consult)
      OR EXISTS (SELECT FROM consult_seat WHERE consult_id = p_consult AND role IN ('patient', 'delegate'))
$$;
REVOKE ALL ON FUNCTION consult_is_visit(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION consult_is_visit(uuid) TO consilium_app;
-- [CN-30] Who comes before a visiting patient: other visits and appointments of the dentist who asked, as times alone, and
-- how long this dentist's last visits took. Of a page not heard of for three minutes nobody knows whether it still waits.
CREATE POLICY owner ON consult_seat FOR SELECT TO consilium_owner USING (true);
CREATE OR REPLACE FUNCTION visit_queue() RETURNS TABLE (kind text, started_at timestamptz, minutes int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  WITH own AS (
    SELECT c.*, coalesce(c.slot_at, (SELECT min(s.waiting_since) FROM consult_seat s WHERE s.consult_id = c.id AND s.state = 'waiting'), now()) AS turn
      FROM consult c WHERE c.id = (SELECT app_consult()) AND c.organisation_id = (SELECT app_organisation())
  ), visit AS (
    SELECT c.id, c.status, c.slot_at,
           min(s.admitted_at) AS admitted_at, max(s.changed_at) AS changed_at, min(s.waiting_since) AS waiting_since,
           bool_or(s.state = 'in-room' OR s.state = 'admitted' AND s.admitted_at > now() - interval '10 minutes') AS inside,
           bool_or(s.state = 'waiting' AND s.held_at IS NULL AND s.seen_at > now() - interval '3 minutes') AS waits
      FROM own JOIN consult c ON c.organisation_id = own.organisation_id AND c.requester_id = own.requester_id AND c.id <> own.id
       AND (c.status = 'accepted' OR c.closed_at > now() - interval '90 days')
      JOIN consult_seat s ON s.organisation_id = c.organisation_id AND s.consult_id = c.id AND s.role IN ('patient', 'delegate')
     GROUP BY c.id
  )
  SELECT 'visit', CASE WHEN v.inside THEN v.admitted_at END, NULL::int
    FROM visit v, own
   WHERE v.status = 'accepted' AND (v.inside OR v.waits AND coalesce(v.slot_at, v.waiting_since) < own.turn)
  UNION ALL
  SELECT 'chair', a.seated_at, (extract(epoch FROM a.ends_at - a.starts_at) / 60)::int
    FROM own JOIN member m ON m.organisation_id = own.organisation_id AND m.user_id = own.requester_id
    JOIN appointment a ON a.organisation_id = m.organisation_id AND a.practitioner_id = m.id
   WHERE a.patient_id <> own.patient_id AND a.starts_at > now() - interval '12 hours'
     AND (a.status = 'in-chair' OR a.status = 'checked-in' AND a.starts_at < own.turn)
  UNION ALL
  (SELECT 'last', NULL, (extract(epoch FROM v.changed_at - v.admitted_at) / 60)::int
     FROM visit v
    WHERE NOT v.inside AND NOT v.waits AND v.admitted_at > now() - interval '90 days'
      AND v.changed_at - v.admitted_at BETWEEN interval '1 minute' AND interval '2 hours'
    ORDER BY v.admitted_at DESC LIMIT 20)
$$;
REVOKE ALL ON FUNCTION visit_queue() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION visit_queue() TO consilium_app;
-- [CN-30] [CN-33] A patient's place has changed, whoever changed it: the pages that wait for the same dentist look where
-- they stand, and those of the clinic who may ring hear whether somebody still waits there, who asked first. Ids only.
CREATE OR REPLACE FUNCTION seat_tells() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE c consult; r record; n int := 0; waits boolean;
BEGIN
  SELECT * INTO c FROM consult WHERE id = NEW.consult_id;
  FOR r IN SELECT DISTINCT k.id FROM consult k
             JOIN consult_seat s ON s.organisation_id = k.organisation_id AND s.consult_id = k.id
            WHERE k.organisation_id = c.organisation_id AND k.requester_id = c.requester_id AND k.id <> c.id
              AND k.status = 'accepted' AND s.state = 'waiting' LOOP
    PERFORM pg_notify('live', json_build_object('topic', 'consult:' || r.id, 'name', 'patient.queue')::text);
  END LOOP;
  SELECT EXISTS (SELECT FROM consult_seat s WHERE s.organisation_id = c.organisation_id AND s.consult_id = c.id
                    AND s.role IN ('patient', 'delegate') AND s.state = 'waiting' AND s.held_at IS NULL) INTO waits;
  FOR r IN SELECT m.user_id FROM member m
            WHERE m.organisation_id = c.organisation_id AND m.revoked_at IS NULL AND m.role IN ('owner', 'dentist', 'nurse')
            ORDER BY m.user_id <> c.requester_id, m.role <> 'nurse', m.role = 'owner', m.user_id LIMIT 8 LOOP
    PERFORM pg_notify('live', json_build_object('topic', 'user:' || r.user_id, 'name', 'waiting', 'data', json_build_object(
      'consultId', c.id, 'rank', n, 'ring', waits))::text);
    n := n + 1;
  END LOOP;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER seat_told AFTER INSERT OR UPDATE OF state, held_at, waiting_since ON consult_seat
  FOR EACH ROW WHEN (NEW.role IN ('patient', 'delegate')) EXECUTE FUNCTION seat_tells();
-- [CN-17] The patient's next appointment, on the page of their link: the day and the place, nothing else of the book.
CREATE POLICY owner ON appointment FOR SELECT TO consilium_owner USING (true);
CREATE POLICY owner ON clinic FOR SELECT TO consilium_owner USING (true);
CREATE OR REPLACE FUNCTION visit_next_appointment() RETURNS TABLE (starts_at timestamptz, clinic text, clinic_en text, practitioner text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT a.starts_at, k.name, k.name_en, m.name
    FROM consult c
    JOIN appointment a ON a.organisation_id = c.organisation_id AND a.patient_id = c.patient_id
    JOIN clinic k ON k.organisation_id = a.organisation_id AND k.id = a.clinic_id
    LEFT JOIN member m ON m.organisation_id = a.organisation_id AND m.id = a.practitioner_id
   WHERE c.id = (SELECT app_consult()) AND c.organisation_id = (SELECT app_organisation())
     AND a.status = 'booked' AND a.starts_at > now()
   ORDER BY a.starts_at LIMIT 1
$$;
-- A guardian's answer for the child goes on a receipt with the child's name.
CREATE OR REPLACE FUNCTION visit_patient_name() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT p.name FROM consult c JOIN patient p ON p.organisation_id = c.organisation_id AND p.id = c.patient_id
   WHERE c.id = (SELECT app_consult()) AND c.organisation_id = (SELECT app_organisation())
$$;
REVOKE ALL ON FUNCTION visit_next_appointment(), visit_patient_name() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION visit_next_appointment(), visit_patient_name() TO consilium_app;

-- [RT-11] The day of the last visit the app knows of, in the organisation's zone.
CREATE OR REPLACE FUNCTION record_last_visit(p_organisation uuid, p_patient uuid) RETURNS date LANGUAGE sql STABLE SET search_path = public AS $$
  SELECT (greatest(p.created_at,
      (SELECT max(starts_at) FROM appointment a WHERE a.organisation_id = p.organisation_id AND a.patient_id = p.id
          AND a.status IN ('checked-in', 'in-chair', 'done')),
      (SELECT max(written_at) FROM note n WHERE n.organisation_id = p.organisation_id AND n.patient_id = p.id),
      (SELECT max(recorded_at) FROM finding f WHERE f.organisation_id = p.organisation_id AND f.patient_id = p.id),
      (SELECT max(uploaded_at) FROM image i WHERE i.organisation_id = p.organisation_id AND i.patient_id = p.id),
      (SELECT max(coalesce(closed_at, created_at)) FROM consult c WHERE c.organisation_id = p.organisation_id AND c.patient_id = p.id)
    ) AT TIME ZONE o.time_zone)::date
    FROM patient p JOIN organisation o ON o.id = p.organisation_id
   WHERE p.organisation_id = p_organisation AND p.id = p_patient
$$;
-- [RT-15] What stands against erasing, now: null is nothing. From 29 February time runs to 1 March, as in retention.ts.
CREATE OR REPLACE FUNCTION erasure_refusal(p_organisation uuid, p_patient uuid) RETURNS text LANGUAGE sql STABLE SET search_path = public AS $$
  SELECT CASE
    WHEN EXISTS (SELECT FROM legal_hold WHERE organisation_id = o.id AND patient_id = p_patient AND lifted_at IS NULL) THEN 'hold'
    WHEN EXISTS (SELECT FROM consult WHERE organisation_id = o.id AND patient_id = p_patient
                    AND status IN ('requested', 'more-asked', 'accepted')) THEN 'consult'
    WHEN (now() AT TIME ZONE o.time_zone)::date <= v.last + make_interval(years => o.retention_years)
           + CASE WHEN extract(day FROM v.last + make_interval(years => o.retention_years)) <> extract(day FROM v.last)
                  THEN interval '1 day' ELSE interval '0' END THEN 'retention' END
    FROM organisation o, LATERAL (SELECT record_last_visit(o.id, p_patient) AS last) v
   WHERE o.id = p_organisation
$$;

-- [RT-16] Every table that holds rows of a patient or of a consult, found by its columns: a new one is erased with the
-- rest, or the erasure fails on its foreign key. First what knows them by another way: mails by their notification,
-- events that wait by their subject, news by where they lead. The trail stays: it holds ids.
CREATE OR REPLACE FUNCTION erasure_tables() RETURNS TABLE (name text, condition text) LANGUAGE sql STABLE SET search_path = public AS $$
  SELECT t.name, t.condition FROM (
    VALUES (0, 'outgoing_mail', 'notification_id IN (SELECT id FROM notification WHERE consult_id = ANY ($2))'),
           (0, 'outbox', 'subject = ANY ($2::text[]) OR subject = $1::text'),
           (1, 'notification', 'consult_id = ANY ($2) OR data->>''path'' LIKE ''/patients/'' || $1 || ''/%''')
    UNION ALL
    SELECT 1, c.table_name::text,
           string_agg(CASE c.column_name WHEN 'patient_id' THEN 'patient_id = $1' ELSE 'consult_id = ANY ($2)' END, ' OR ')
      FROM information_schema.columns c JOIN information_schema.tables b USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND b.table_type = 'BASE TABLE' AND c.column_name IN ('patient_id', 'consult_id')
       AND c.table_name NOT IN ('audit_event', 'notification')
     GROUP BY c.table_name
  ) t (rank, name, condition) ORDER BY t.rank, t.name
$$;
CREATE OR REPLACE FUNCTION erasure_hashes(p_organisation uuid, p_patient uuid, p_consults uuid[]) RETURNS TABLE (sha256 text)
LANGUAGE sql STABLE SET search_path = public AS $$
  SELECT DISTINCT unnest(ARRAY[file_sha256, frame_sha256, thumbnail_sha256]) FROM image
   WHERE organisation_id = p_organisation AND patient_id = p_patient
  UNION SELECT file_sha256 FROM consult_document WHERE organisation_id = p_organisation AND consult_id = ANY (p_consults)
  UNION SELECT file_sha256 FROM consult_message
   WHERE organisation_id = p_organisation AND consult_id = ANY (p_consults) AND file_sha256 IS NOT NULL
  UNION SELECT head_sha256 FROM consult_recording
   WHERE organisation_id = p_organisation AND consult_id = ANY (p_consults) AND head_sha256 IS NOT NULL
  UNION SELECT file_sha256 FROM consult_recording_piece WHERE organisation_id = p_organisation AND consult_id = ANY (p_consults)
$$;
-- Whether somebody else's row still names this file: contents are kept once.
CREATE OR REPLACE FUNCTION file_in_use(p_organisation uuid, p_sha256 text, p_patient uuid, p_consults uuid[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public AS $$
  SELECT EXISTS (SELECT FROM image WHERE organisation_id = p_organisation AND patient_id IS DISTINCT FROM p_patient
                   AND p_sha256 IN (file_sha256, frame_sha256, thumbnail_sha256))
      OR EXISTS (SELECT FROM consult_document WHERE organisation_id = p_organisation AND NOT consult_id = ANY (p_consults)
                   AND file_sha256 = p_sha256)
      OR EXISTS (SELECT FROM consult_message WHERE organisation_id = p_organisation AND NOT consult_id = ANY (p_consults)
                   AND file_sha256 = p_sha256)
      OR EXISTS (SELECT FROM consult_recording WHERE organisation_id = p_organisation AND NOT consult_id = ANY (p_consults)
                   AND head_sha256 = p_sha256)
      OR EXISTS (SELECT FROM consult_recording_piece WHERE organisation_id = p_organisation AND NOT consult_id = ANY (p_consults)
                   AND file_sha256 = p_sha256)
$$;
-- A dry run: what would go.
CREATE OR REPLACE FUNCTION erasure_plan(p_patient uuid) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE o uuid := app_organisation(); ids uuid[]; t record; n bigint; counts jsonb := '{}'; f bigint; b bigint;
BEGIN
  IF app_consult() IS NOT NULL OR NOT EXISTS (SELECT FROM patient WHERE id = p_patient AND organisation_id = o) THEN RETURN NULL; END IF;
  PERFORM set_config('app.erasing', p_patient::text, true);
  ids := ARRAY(SELECT id FROM consult WHERE organisation_id = o AND patient_id = p_patient);
  FOR t IN SELECT * FROM erasure_tables() LOOP
    EXECUTE format('SELECT count(*) FROM %I WHERE %s', t.name, t.condition) INTO n USING p_patient, ids;
    IF n > 0 THEN counts := counts || jsonb_build_object(t.name, n); END IF;
  END LOOP;
  SELECT count(*), coalesce(sum(coalesce(s.size, d.size)), 0) INTO f, b
    FROM erasure_hashes(o, p_patient, ids) h
    LEFT JOIN stored_file s ON s.organisation_id = o AND s.sha256 = h.sha256
    LEFT JOIN LATERAL (
      SELECT max(size) AS size FROM (
        SELECT size FROM consult_document WHERE organisation_id = o AND file_sha256 = h.sha256
        UNION ALL SELECT file_size FROM consult_message WHERE organisation_id = o AND file_sha256 = h.sha256
        UNION ALL SELECT head_size FROM consult_recording WHERE organisation_id = o AND head_sha256 = h.sha256
        UNION ALL SELECT size FROM consult_recording_piece WHERE organisation_id = o AND file_sha256 = h.sha256) sizes) d ON true
   WHERE NOT file_in_use(o, h.sha256, p_patient, ids);
  PERFORM set_config('app.erasing', '', true);
  RETURN jsonb_build_object('rows', counts || '{"patient": 1}', 'boards', coalesce((counts->>'board_document')::int, 0), 'files', f, 'bytes', b);
END $$;
-- [RT-16] Deletes every row of an approved erasure's record in one transaction, and leaves the list of its files.
-- Run twice it changes nothing more. @returns what stood against it after all, which ends the erasure; null: done
CREATE OR REPLACE FUNCTION erase_record(p_erasure uuid) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE e erasure; plan jsonb; ids uuid[]; t record; refused text; again boolean; n bigint; gone jsonb := '{}'; pass int := 0;
BEGIN
  PERFORM set_config('app.erasing', p_erasure::text, true);
  SELECT * INTO e FROM erasure WHERE id = p_erasure FOR UPDATE;
  IF e.approved_at IS NULL OR e.approved_by_id = e.asked_by_id OR e.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'erasure: not approved' USING ERRCODE = '55000';
  END IF;
  IF e.rows_gone_at IS NOT NULL THEN RETURN NULL; END IF;
  PERFORM FROM patient WHERE id = e.subject_id AND organisation_id = e.organisation_id FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'erasure: no such record' USING ERRCODE = '55000'; END IF;
  refused := erasure_refusal(e.organisation_id, e.subject_id);
  IF refused IS NOT NULL THEN
    UPDATE erasure SET withdrawn_at = now() WHERE id = p_erasure;
    RETURN refused;
  END IF;
  PERFORM set_config('app.organisation', e.organisation_id::text, true);
  plan := erasure_plan(e.subject_id);
  PERFORM set_config('app.erasing', p_erasure::text, true);
  ids := ARRAY(SELECT id FROM consult WHERE organisation_id = e.organisation_id AND patient_id = e.subject_id);
  INSERT INTO erasure_file (id, organisation_id, erasure_id, sha256)
    SELECT gen_random_uuid(), e.organisation_id, e.id, h.sha256 FROM erasure_hashes(e.organisation_id, e.subject_id, ids) h
     WHERE NOT file_in_use(e.organisation_id, h.sha256, e.subject_id, ids);
  -- What others point at goes after them: as often as it takes.
  LOOP
    again := false; pass := pass + 1;
    FOR t IN SELECT * FROM erasure_tables() LOOP
      BEGIN
        EXECUTE format('DELETE FROM %I WHERE %s', t.name, t.condition) USING e.subject_id, ids;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n > 0 THEN gone := gone || jsonb_build_object(t.name, n + coalesce((gone->>t.name)::bigint, 0)); END IF;
      EXCEPTION WHEN foreign_key_violation THEN
        IF pass > 8 THEN RAISE; END IF;
        again := true;
      END;
    END LOOP;
    EXIT WHEN NOT again;
  END LOOP;
  DELETE FROM patient WHERE id = e.subject_id AND organisation_id = e.organisation_id;
  DELETE FROM stored_file s USING erasure_file f
   WHERE f.erasure_id = e.id AND s.organisation_id = f.organisation_id AND s.sha256 = f.sha256;
  UPDATE erasure SET rows_gone_at = now(), counts = plan || jsonb_build_object('rows', gone || '{"patient": 1}') WHERE id = p_erasure;
  PERFORM pg_notify('live', json_build_object('topic', 'access', 'name', 'record.erased', 'data', json_build_object('consultId', c))::text)
     FROM unnest(ids) c;
  PERFORM set_config('app.erasing', '', true);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION erasure_plan(uuid), erase_record(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erasure_plan(uuid) TO consilium_app;
GRANT EXECUTE ON FUNCTION erase_record(uuid) TO consilium_system;
-- [RC-14] Empties one closed recording, for good; that it was stays.
-- @returns digests of its files; none: there is nothing to delete; null: its record is under a legal hold
CREATE OR REPLACE FUNCTION delete_recording(p_recording uuid, p_at timestamptz, p_name text, p_reason text) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE o uuid := app_organisation(); r consult_recording; digests text[];
BEGIN
  IF app_consult() IS NOT NULL THEN RETURN '{}'; END IF;
  PERFORM set_config('app.erasing', p_recording::text, true);
  SELECT * INTO r FROM consult_recording WHERE organisation_id = o AND id = p_recording FOR UPDATE;
  IF r.state IS DISTINCT FROM 'ready' THEN
    digests := '{}';
  ELSIF NOT EXISTS (SELECT FROM legal_hold WHERE organisation_id = o AND patient_id = r.patient_id AND lifted_at IS NULL) THEN
    WITH gone AS (DELETE FROM consult_recording_piece WHERE organisation_id = o AND recording_id = p_recording RETURNING file_sha256)
    SELECT array_agg(DISTINCT d) INTO digests
      FROM (SELECT file_sha256 FROM gone UNION ALL SELECT r.head_sha256 WHERE r.head_sha256 IS NOT NULL) all_of_it (d);
    UPDATE consult_recording
       SET state = 'deleted', deleted_at = p_at, deleted_by_id = app_actor()::uuid, deleted_by_name = p_name, delete_reason = p_reason,
           head_sha256 = NULL, head_size = NULL, body_from = NULL, body_to = NULL, body_pieces = NULL, size = NULL, sha256 = NULL
     WHERE organisation_id = o AND id = p_recording;
  END IF;
  PERFORM set_config('app.erasing', '', true);
  RETURN digests;
END $$;
REVOKE ALL ON FUNCTION delete_recording(uuid, timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_recording(uuid, timestamptz, text, text) TO consilium_app;
-- The organisation asks, approves once, withdraws; what was done is the job's to write, and nobody's to change.
REVOKE UPDATE ON erasure FROM consilium_app;
REVOKE INSERT, UPDATE ON erasure_file FROM consilium_app;
GRANT UPDATE (withdrawn_at, approved_by_id, approved_by_name, approved_at) ON erasure TO consilium_app;
CREATE POLICY in_ones_own_name ON erasure AS RESTRICTIVE FOR INSERT TO consilium_app
  WITH CHECK (asked_by_id::text = (SELECT app_actor()) AND approved_at IS NULL AND rows_gone_at IS NULL AND done_at IS NULL);
CREATE POLICY only_before ON erasure AS RESTRICTIVE FOR UPDATE TO consilium_app
  USING (approved_at IS NULL AND withdrawn_at IS NULL)
  WITH CHECK (approved_by_id IS NULL OR approved_by_id::text = (SELECT app_actor()));
GRANT SELECT, UPDATE (done_at, digest) ON erasure TO consilium_system;
CREATE POLICY system ON erasure TO consilium_system USING (true);
GRANT SELECT, UPDATE (removed_at) ON erasure_file TO consilium_system;
CREATE POLICY system ON erasure_file TO consilium_system USING (true);
GRANT SELECT ON image, consult_document TO consilium_system;
CREATE POLICY system ON image FOR SELECT TO consilium_system USING (true);
CREATE POLICY system ON consult_document FOR SELECT TO consilium_system USING (true);
-- [RC-4] [RC-6] Which recordings are being made, and which are to be closed.
GRANT SELECT ON consult_recording, consult_recording_piece TO consilium_system;
CREATE POLICY system ON consult_recording FOR SELECT TO consilium_system USING (true);
CREATE POLICY system ON consult_recording_piece FOR SELECT TO consilium_system USING (true);
-- Which files messages name; not a word of what they say.
GRANT SELECT (organisation_id, consult_id, file_sha256) ON consult_message TO consilium_system;
CREATE POLICY system ON consult_message FOR SELECT TO consilium_system USING (true);

-- 9. What is signed is never changed.
CREATE OR REPLACE FUNCTION opinion_signed_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- [RT-16] With the whole record, by nobody else than the owner's function.
  IF TG_OP = 'DELETE' AND current_user = 'consilium_owner' THEN RETURN OLD; END IF;
  IF OLD.signed_at IS NOT NULL THEN
    RAISE EXCEPTION 'a signed opinion is final' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER opinion_final BEFORE UPDATE OR DELETE ON opinion
  FOR EACH ROW EXECUTE FUNCTION opinion_signed_is_final();
