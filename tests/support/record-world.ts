import postgres from 'postgres';
import { afterAll, beforeAll } from 'vitest';
import type { Actor, MemberActor, MemberRole } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { silent } from './silent.ts';
import { useDatabase } from './database.ts';

/** An organisation with one clinic, one member of each role and one patient. */
export interface RecordClinic {
  organisationId: string;
  clinicId: string;
  patientId: string;
  members: Record<MemberRole, MemberActor>;
}

/** A database with two organisations that know nothing of each other; filled before the first test. */
export interface RecordWorld {
  /** Superuser: looks behind row-level security. */
  owner: postgres.Sql;
  home: RecordClinic;
  abroad: RecordClinic;
  /** A call of this actor; `at` sets the clock. */
  call(actor: Actor, at?: Date): Call;
  /** Grant the abroad expert these kinds for the home patient, for an hour. Resolves to the consult's id. */
  grant(kinds: string[]): Promise<string>;
  audit(
    organisationId: string,
    action: string
  ): Promise<{ actor_id: string; patient_id: string; detail: unknown }[]>;
}

export function useRecordWorld(): RecordWorld {
  const database = useDatabase();
  const world = {} as RecordWorld;
  let app: DatabasePool;

  beforeAll(async () => {
    const owner = postgres(database.ownerUrl, { max: 2, onnotice: () => {} });
    app = openPool({ url: database.appUrl, max: 6, log: silent });
    const { db } = app;
    world.owner = owner;
    world.home = await makeClinic(owner, '清河镇口腔门诊');
    world.abroad = await makeClinic(owner, '市口腔医院');
    world.call = (actor, at) => ({
      actor,
      request: { id: 'test', ip: '127.0.0.1' },
      db,
      clock: { now: () => at ?? new Date() }
    });
    world.grant = (kinds) => makeGrant(world, kinds);
    world.audit = async (organisationId, action) => [
      ...(await owner<{ actor_id: string; patient_id: string; detail: unknown }[]>`
        select actor_id, patient_id, detail from audit_event
         where organisation_id = ${organisationId} and action = ${action} order by number`)
    ];
  });
  afterAll(async () => {
    await Promise.all([world.owner?.end(), app?.end()]);
  });
  return world;
}

async function makeClinic(owner: postgres.Sql, name: string): Promise<RecordClinic> {
  const [organisationId, clinicId, patientId] = [newId(), newId(), newId()];
  await owner`insert into organisation (id, name, name_en, kind) values (${organisationId}, ${name}, ${name}, 'clinic')`;
  await owner`insert into clinic (id, organisation_id, name, name_en) values (${clinicId}, ${organisationId}, ${name}, ${name})`;
  await owner`insert into patient (id, organisation_id, clinic_id, number, name, sex, birth_date, phone)
              values (${patientId}, ${organisationId}, ${clinicId}, 'P000001', '王秀英', 'female', '1959-03-01', '13800001234')`;
  const member = async (role: MemberRole): Promise<MemberActor> => {
    const [userId, memberId, title] = [newId(), newId(), `${role} of ${name}`];
    await owner`insert into "user" (id, name, email) values (${userId}, ${title}, ${`${userId}@example.org`})`;
    await owner`insert into member (id, organisation_id, user_id, clinic_id, role, name, specialty)
                values (${memberId}, ${organisationId}, ${userId}, ${clinicId}, ${role}, ${title}, 'endodontics')`;
    return { kind: 'member', userId, memberId, organisationId, clinicId, role, name: title, sessionId: 's' };
  };
  return {
    organisationId,
    clinicId,
    patientId,
    members: {
      owner: await member('owner'),
      dentist: await member('dentist'),
      expert: await member('expert'),
      nurse: await member('nurse'),
      receptionist: await member('receptionist')
    }
  };
}

async function makeGrant({ owner, home, abroad }: RecordWorld, kinds: string[]): Promise<string> {
  const consultId = newId();
  const expert = abroad.members.expert;
  await owner`insert into consult (id, organisation_id, number, patient_id, status, mode, urgency, answer_by, specialty, teeth,
      question, requester_id, requester_name, requester_organisation_name, expert_organisation_id, expert_organisation_name, expert_id)
    values (${consultId}, ${home.organisationId}, ${consultId}, ${home.patientId}, 'accepted', 'live', 'routine',
      now() + interval '1 day', 'endodontics', ${['36']}, '36?', ${home.members.dentist.userId}, '李', '清河',
      ${abroad.organisationId}, '市口腔', ${expert.userId})`;
  for (const kind of ['consult', ...kinds])
    await owner`insert into consult_grant_item (id, organisation_id, consult_id, patient_id, grantee_organisation_id,
        grantee_user_id, grantee_specialty, kind, purpose, starts_at, ends_at)
      values (${newId()}, ${home.organisationId}, ${consultId}, ${home.patientId}, ${abroad.organisationId},
        ${expert.userId}, 'endodontics', ${kind}, 'consult', now() - interval '1 minute', now() + interval '1 hour')`;
  return consultId;
}
