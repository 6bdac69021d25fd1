// What row security adds to a query is worked out once a query, never once a row, and indices still serve: seen in
// the plans of the statements the use cases really send, over tables of many tenants.
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { dayMs } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import { listDay, listForPatient } from '#lib/features/appointments/list.server.ts';
import { localDate } from '#lib/features/appointments/zone.ts';
import { readBoard } from '#lib/features/board/store.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { countWaiting, listConsults, readConsult } from '#lib/features/consults/read.server.ts';
import { listImages } from '#lib/features/imaging/read.server.ts';
import { countUnread, listNotifications } from '#lib/features/notifications/list.server.ts';
import { readChart } from '#lib/features/odontogram/record-finding.server.ts';
import { listPatients, readPatient } from '#lib/features/patients/patients.server.ts';
import { readTrail } from '#lib/features/record/trail.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { readPlans } from '#lib/features/treatment/plans.server.ts';
import { fillTable } from '../support/fill.ts';
import { costlyParts, explain, recordingDatabase } from '../support/plans.ts';
import { questionOf } from '../support/question.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const rows = 50_000;
/** Of as many tenants, most of them strangers: the reader's own is one of them. */
const tenants = 25;
const large = [
  'patient',
  'health_item',
  'note',
  'finding',
  'image',
  'treatment_plan',
  'treatment_plan_item',
  'appointment',
  'consult',
  'notification',
  'audit_event',
  'board_update'
];
let consultId = '';
let boardId = '';
let recorder: ReturnType<typeof recordingDatabase>;

beforeAll(async () => {
  const { li, wang } = world.people;
  const sql = postgres(world.database.ownerUrl, { max: 1, onnotice: () => {} });
  const asked = await askExpert(
    world.as(li),
    questionOf({
      patientId: world.patientId,
      question: '36 是否保留',
      target: { kind: 'expert', expertId: wang.userId },
      share: { noteIds: [world.noteId], allergies: true, conditions: true, chart: true, plan: true }
    })
  );
  consultId = asked.id;
  await acceptConsult(world.as(wang), consultId);
  const view = await readConsult(world.as(wang), consultId);
  boardId = view.boardId!;

  const others = Array.from({ length: tenants - 1 }, () => newId());
  const tenant = `(array['${[li.organisationId, ...others].join("','")}']::uuid[])[n % ${tenants} + 1]`;
  const user = `(case n % 50 when 0 then '${li.userId}'::uuid else gen_random_uuid() end)`;
  const named: Record<string, Record<string, string>> = {
    patient: { clinic_id: `'${world.clinicId}'::uuid`, number: "'F' || n", name: "'王' || n", sex: "'male'" },
    health_item: { kind: "'condition'" },
    appointment: {
      clinic_id: `'${world.clinicId}'::uuid`,
      ends_at: "now() - n * interval '1 minute' + interval '1 minute'"
    },
    consult: {
      ...{ status: "(array['closed','requested'])[n % 9 / 8 + 1]", mode: "'live'", urgency: "'soon'" },
      ...{ specialty: "'endodontics'", number: "'F' || n" }
    },
    notification: { user_id: user },
    finding: { tooth: "'36'" },
    image: { kind: "'panoramic'" }
  };
  for (const table of large) await fillTable(sql, table, rows, { organisation_id: tenant, ...named[table] });
  await fillTable(sql, 'recent_patient', 5_000, { organisation_id: tenant });
  await fillTable(sql, 'consult_grant_item', 5_000, {
    ...{ organisation_id: tenant, kind: "'identity'", grantee_specialty: "'endodontics'" },
    ...{ grantee_organisation_id: `'${wang.organisationId}'::uuid`, ends_at: 'now()' }
  });
  await sql`vacuum analyze`;
  await sql.end();
  recorder = recordingDatabase(world.database.appUrl);
}, 120_000);
afterAll(() => recorder?.end());

/** The call of one person whose statements are kept. */
function as(actor: MemberActor) {
  recorder.statements.length = 0;
  return { ...world.as(actor), db: recorder.db };
}

async function costsOf(): Promise<string[]> {
  const plans = await explain(world.database.appUrl, recorder.statements);
  expect(plans.length).toBeGreaterThan(0);
  const tables = new Set(large);
  return plans.flatMap(({ text, plan }) => costlyParts(plan, tables).map((part) => `${part}\n  in ${text}`));
}

const reads: Record<string, (call: ReturnType<typeof as>) => Promise<unknown>> = {
  'patients, list': (call) => listPatients(call),
  'patients, by phone': (call) => listPatients(call, '13800001234'),
  'patients, by name': (call) => listPatients(call, '王秀英'),
  'a patient: head, health, notes': (call) => readPatient(call, world.patientId),
  'a patient: chart': (call) => readChart(call, world.patientId),
  'a patient: plans': (call) => readPlans(call, world.patientId),
  'a patient: images': (call) => listImages(call, world.patientId),
  'consults, list': (call) => listConsults(call),
  'consults of a patient': (call) => listConsults(call, { patientId: world.patientId }),
  'consults, how many wait': (call) => countWaiting(call),
  'one consult': (call) => readConsult(call, consultId),
  'notifications, list': (call) => listNotifications(call, 'zh-CN'),
  'notifications, how many unread': (call) => countUnread(call),
  'the log of a board': (call) =>
    inTransaction(call, (tx) =>
      readBoard(tx.rows, { organisationId: world.people.li.organisationId, documentId: boardId, consultId })
    )
};
const ownersReads: typeof reads = {
  'the trail, its newest page': (call) => readTrail(call, {}),
  'the trail of a patient': (call) => readTrail(call, { patient: 'P1' })
};
const homeReads: typeof reads = {
  'a day of appointments': (call) =>
    listDay(call, {
      clinicId: world.clinicId,
      date: localDate(new Date(Date.now() - dayMs), 'Asia/Shanghai')
    }),
  'appointments of a patient': (call) => listForPatient(call, world.patientId)
};

describe('the plans of the statements sent by', () => {
  for (const [name, read] of Object.entries({ ...reads, ...homeReads }))
    test(`a dentist at home: ${name}`, async () => {
      await read(as(world.people.li));
      expect(await costsOf()).toEqual([]);
    });
  for (const [name, read] of Object.entries(reads))
    test(`an expert by grant: ${name}`, async () => {
      await read(as(world.people.wang));
      expect(await costsOf()).toEqual([]);
    });
  for (const [name, read] of Object.entries(ownersReads))
    test(`an owner: ${name}`, async () => {
      await read(as(world.people.boss));
      expect(await costsOf()).toEqual([]);
    });
});
