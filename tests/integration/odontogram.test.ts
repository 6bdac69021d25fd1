import { describe, expect, test } from 'vitest';
import type { PatientLinkActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { foldChart } from '#lib/features/odontogram/chart.ts';
import type { FindingDraft } from '#lib/features/odontogram/findings.ts';
import {
  insertFinding,
  readChart,
  recordFinding,
  withdrawFinding
} from '#lib/features/odontogram/record-finding.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { useRecordWorld } from '../support/record-world.ts';

const world = useRecordWorld();

const caries = { tooth: '36', surfaces: ['D', 'O'], code: 'caries', status: 'needs' } satisfies FindingDraft;
const input = (over: Partial<FindingDraft & { id: string; patientId: string }> = {}) => ({
  patientId: world.home.patientId,
  ...caries,
  ...over,
  surfaces: [...(over.surfaces ?? caries.surfaces)]
});
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('recording', () => {
  test('[OD-5] what the dentist marks is in the chart, with author, time and diagnosis', async () => {
    const { dentist } = world.home.members;
    const at = new Date('2026-11-22T02:00:00.123Z');
    const recorded = await recordFinding(world.call(dentist, at), input({ note: ' 冷热痛 ' }));
    expect(recorded).toMatchObject({
      tooth: '36',
      surfaces: ['O', 'D'],
      icd10: 'K02.1',
      note: '冷热痛',
      author: { id: dentist.userId, name: dentist.name, organisationId: world.home.organisationId },
      recordedAt: '2026-11-22T02:00:00.123Z',
      withdrawn: null
    });
    const chart = await readChart(world.call(dentist), world.home.patientId);
    expect(chart.mayRecord).toBe(true);
    expect(chart.findings).toEqual([recorded]);
    expect(foldChart(chart.findings).get('36')?.surfaces.O?.code).toBe('caries');
  });

  test('[OD-1][OD-2][OD-5] what cannot be is refused and leaves nothing', async () => {
    const call = world.call(world.home.members.dentist);
    const before = (await readChart(call, world.home.patientId)).findings.length;
    await expect(recordFinding(call, input({ tooth: '99' }))).rejects.toEqual(code('unknown_tooth'));
    await expect(recordFinding(call, input({ tooth: "36'; drop table finding" }))).rejects.toEqual(
      code('unknown_tooth')
    );
    await expect(recordFinding(call, input({ surfaces: ['P'] }))).rejects.toEqual(
      code('surface_not_on_tooth')
    );
    await expect(recordFinding(call, input({ surfaces: [] }))).rejects.toEqual(code('invalid_input'));
    expect((await readChart(call, world.home.patientId)).findings).toHaveLength(before);
  });

  test('[OD-12] a repeated request records once; HTML in a note stays text', async () => {
    const call = world.call(world.home.members.nurse);
    const id = newId();
    const note = '<img src=x onerror=alert(1)>';
    const [first, second] = await Promise.all([
      recordFinding(call, input({ id, tooth: '46', note })),
      recordFinding(call, input({ id, tooth: '46', note }))
    ]);
    expect(first).toEqual(second);
    expect(first.note).toBe(note);
    const rows = await world.owner`select 1 from finding where id = ${id}`;
    expect(rows).toHaveLength(1);
  });

  test('[OD-10] one proposal enters the chart once', async () => {
    const { dentist } = world.home.members;
    const { expert } = world.abroad.members;
    const proposal = {
      ...input({ tooth: '16' }),
      authorId: expert.userId,
      authorName: expert.name,
      authorOrganisationId: expert.organisationId,
      consultId: newId(),
      proposalId: newId()
    };
    const accept = () => inTransaction(world.call(dentist), (tx) => insertFinding(tx, proposal));
    const first = await accept();
    const again = await accept();
    expect(again).toEqual(first);
    expect(first).toMatchObject({
      author: { name: expert.name, organisationId: world.abroad.organisationId },
      consultId: proposal.consultId,
      proposalId: proposal.proposalId
    });
  });

  test('[OD-7] a withdrawn finding stays in the history, once and with its reason', async () => {
    const { dentist, nurse } = world.home.members;
    const { id } = await recordFinding(
      world.call(dentist),
      input({ tooth: '48', code: 'missing', surfaces: [] })
    );
    const withdrawn = await withdrawFinding(world.call(nurse), { findingId: id, reason: '牙位有误' });
    expect(withdrawn.withdrawn).toMatchObject({ by: nurse.name, reason: '牙位有误' });
    const again = await withdrawFinding(world.call(dentist), { findingId: id, reason: 'other' });
    expect(again).toEqual(withdrawn);
    const { findings } = await readChart(world.call(dentist), world.home.patientId);
    expect(foldChart(findings).get('48')).toMatchObject({ presence: 'present', active: [] });
  });
});

describe('who may', () => {
  test('[OD-9] receptionist and owner read and record nothing', async () => {
    for (const actor of [world.home.members.receptionist, world.home.members.owner]) {
      expect((await readChart(world.call(actor), world.home.patientId)).mayRecord).toBe(false);
      await expect(recordFinding(world.call(actor), input())).rejects.toEqual(code('forbidden'));
    }
  });

  test('[OD-9] to another organisation the patient and the finding do not exist', async () => {
    const { id } = await recordFinding(world.call(world.home.members.dentist), input({ tooth: '17' }));
    for (const actor of Object.values(world.abroad.members)) {
      await expect(readChart(world.call(actor), world.home.patientId)).rejects.toEqual(code('not_found'));
      const refused = actor.role === 'owner' || actor.role === 'receptionist' ? 'forbidden' : 'not_found';
      await expect(recordFinding(world.call(actor), input())).rejects.toEqual(code(refused));
      await expect(withdrawFinding(world.call(actor), { findingId: id, reason: '' })).rejects.toEqual(
        code(refused)
      );
    }
    expect(await world.owner`select 1 from finding where id = ${id} and withdrawn_at is null`).toHaveLength(
      1
    );
  });

  test('[OD-9] an id of the other organisation cannot be taken over', async () => {
    const { id } = await recordFinding(world.call(world.home.members.dentist), input({ tooth: '15' }));
    await expect(
      recordFinding(
        world.call(world.abroad.members.dentist),
        input({ id, patientId: world.abroad.patientId })
      )
    ).rejects.toEqual(code('conflict'));
  });

  test('[OD-9][OD-11] a granted expert reads, records nothing, and the owner’s trail says so', async () => {
    await world.grant(['identity', 'chart']);
    const { expert, dentist } = world.abroad.members;
    const chart = await readChart(world.call(expert), world.home.patientId);
    expect(chart.findings.length).toBeGreaterThan(0);
    expect(chart.mayRecord).toBe(false);
    await expect(recordFinding(world.call(expert), input())).rejects.toEqual(code('forbidden'));
    const own = chart.findings[0]!;
    await expect(withdrawFinding(world.call(expert), { findingId: own.id, reason: '' })).rejects.toEqual(
      code('not_found')
    );
    await expect(readChart(world.call(dentist), world.home.patientId)).rejects.toEqual(code('not_found'));
    const reads = await world.audit(world.home.organisationId, 'chart.read');
    expect(reads.at(-1)).toMatchObject({ actor_id: expert.userId, patient_id: world.home.patientId });
  });

  test('[OD-9] a patient’s link reaches no chart', async () => {
    const link: PatientLinkActor = {
      kind: 'patient-link',
      inviteId: newId(),
      consultId: newId(),
      patientId: world.home.patientId,
      organisationId: world.home.organisationId,
      name: '王秀英'
    };
    await expect(readChart(world.call(link), world.home.patientId)).rejects.toEqual(code('forbidden'));
    await expect(recordFinding(world.call(link), input())).rejects.toEqual(code('forbidden'));
  });

  test('[OD-11] recording and withdrawing are in the trail; what failed is not', async () => {
    const call = world.call(world.home.members.dentist);
    const { id } = await recordFinding(call, input({ tooth: '27' }));
    await withdrawFinding(call, { findingId: id, reason: '' });
    const records = await world.audit(world.home.organisationId, 'chart.record');
    expect(records.at(-1)?.detail).toEqual({
      tooth: '27',
      code: 'caries',
      status: 'needs',
      surfaces: ['O', 'D']
    });
    expect(await world.audit(world.home.organisationId, 'chart.withdraw')).toHaveLength(2);
    await expect(recordFinding(call, input({ tooth: '00' }))).rejects.toEqual(code('unknown_tooth'));
    expect(await world.audit(world.home.organisationId, 'chart.record')).toHaveLength(records.length);
  });
});
