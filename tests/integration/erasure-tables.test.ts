import { expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import { useDatabase } from '../support/database.ts';
import { fillTable } from '../support/fill.ts';

const { owner } = useDatabase();

/** What erasing a record does with each table: whoever adds one decides. */
const erased = [
  ...[
    'appointment',
    'board_document',
    'board_segment',
    'board_snapshot',
    'board_update',
    'break_glass_access',
    'call_encryption',
    'consent_receipt'
  ],
  ...[
    'consult',
    'consult_document',
    'consult_draft',
    'consult_grant_item',
    'consult_guest',
    'consult_invite',
    'consult_message',
    'consult_recording',
    'consult_recording_piece'
  ],
  ...[
    'consult_seat',
    'correction_request',
    'deletion_request',
    'finding',
    'health_item',
    'image',
    'legal_hold'
  ],
  ...[
    'note',
    'notification',
    'opinion',
    'outbox',
    'outgoing_mail',
    'patient',
    'patient_delegate',
    'pin_comment'
  ],
  ...['pin_comment_version', 'proposal', 'recent_patient', 'treatment_plan', 'treatment_plan_item'],
  ...['visit_message', 'visit_request', 'visit_session']
];
const of = (whose: string, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, `of ${whose}`]));
const kept: Record<string, string> = {
  audit_event: 'the trail: ids and counts, no words; it must stay to prove itself',
  audit_chain: 'heads of the trail',
  audit_archive: 'hashes of the trail’s archive files',
  erasure: 'the certificate: who, when, how much',
  erasure_file: 'hashes of the files that are removed',
  stored_file: 'contents are kept once; a row goes where no other record names it',
  ...of(
    'staff',
    'user',
    'session',
    'account',
    'verification',
    'sign_in_try',
    'sign_in_step',
    'password_reset'
  ),
  ...of('staff', 'totp_factor', 'recovery_code', 'passkey', 'member', 'member_invitation', 'member_role'),
  ...of('staff', 'member_role_right', 'practitioner_credential', 'expert_listing', 'push_subscription'),
  call_statistic: 'figures of calls, of nobody',
  ...of('the organisation', 'organisation', 'clinic', 'department', 'chair', 'counter', 'data_key')
};

test('[RT-16] every table is erased, or kept for a reason: a new one wants a decision', async () => {
  const tables = await owner<{ name: string }[]>`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`;
  const decided = [...erased, ...Object.keys(kept)];
  expect(tables.map(({ name }) => name).toSorted()).toEqual(decided.toSorted());

  const found = await owner<{ name: string }[]>`select name from erasure_tables()`;
  expect([...found.map(({ name }) => name), 'patient'].toSorted()).toEqual(erased.toSorted());

  // What points at a row that goes must go too, or it would hold the row back.
  const holding = await owner<{ name: string }[]>`
    select distinct c.conrelid::regclass::text as name from pg_constraint c
     where c.contype = 'f' and c.confrelid::regclass::text = any(${erased})`;
  expect(holding.map(({ name }) => name).filter((name) => name in kept)).toEqual([]);
});

test('[RT-16] erasing leaves no row of the patient or the consult in any of them, and all of another’s', async () => {
  const ids = () => [newId(), newId()];
  const [organisation, asker, approver, erasure] = [newId(), newId(), newId(), newId()];
  const [patients, consults, news] = [ids(), ids(), ids()];
  const uuid = (id: string) => `'${id}'::uuid`;
  const each = (list: string[]) => `(array['${list.join("','")}']::uuid[])[n]`;
  // One row a table for each of two records; what a value may be does not matter here.
  const checks = await owner<{ table: string; name: string }[]>`
    select conrelid::regclass::text as table, conname as name from pg_constraint
     where contype = 'c' and conrelid::regclass::text = any(${erased})`;
  for (const { table, name } of checks)
    await owner`alter table ${owner(table)} drop constraint ${owner(name)}`;
  await fillTable(owner, 'organisation', 1, { id: uuid(organisation) });
  const long = "now() - interval '40 years'";
  const own: Record<string, Record<string, string>> = {
    patient: { id: each(patients), created_at: long },
    consult: { id: each(consults), status: "'closed'", closed_at: long },
    appointment: { status: "'cancelled'" },
    note: { written_at: long },
    finding: { recorded_at: long },
    image: { uploaded_at: long },
    legal_hold: { lifted_at: 'now()' },
    notification: { id: each(news) },
    outgoing_mail: { notification_id: each(news), text: `${each(consults)}::text` },
    outbox: { subject: `${each(consults)}::text` }
  };
  for (const table of erased)
    await fillTable(owner, table, 2, {
      ...{ organisation_id: uuid(organisation), patient_id: each(patients), consult_id: each(consults) },
      ...own[table]
    });
  // News that lead to the patient's page have no consult.
  await fillTable(owner, 'notification', 2, {
    organisation_id: uuid(organisation),
    data: `json_build_object('path', '/patients/' || ${each(patients)} || '/rights')`
  });
  await fillTable(owner, 'erasure', 1, {
    ...{ id: uuid(erasure), organisation_id: uuid(organisation), subject_id: uuid(patients[0]!) },
    ...{ asked_by_id: uuid(asker), approved_by_id: uuid(approver), approved_at: 'now()' }
  });
  const tablesOf = async (n: 0 | 1) => {
    const found: string[] = [];
    for (const table of erased) {
      const needle = [patients[n], consults[n], news[n]].join('|');
      const [row] = await owner`select 1 from ${owner(table)} t where t::text ~ ${needle} limit 1`;
      if (row) found.push(table);
    }
    return found;
  };
  expect(await tablesOf(0)).toEqual(erased);
  expect(await owner`select erase_record(${erasure}) as refused`).toEqual([{ refused: null }]);
  expect(await tablesOf(0)).toEqual([]);
  expect(await tablesOf(1)).toEqual(erased);
});
