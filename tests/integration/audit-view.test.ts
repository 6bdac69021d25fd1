import { describe, expect, it } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { readPatient } from '#lib/features/patients/patients.server.ts';
import { readReaders } from '#lib/features/record/readers.server.ts';
import { exportTrail, readTrail } from '#lib/features/record/trail.server.ts';
import { trailFilter, type TrailFilter } from '#lib/features/record/trail.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import * as v from 'valibot';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const owner = (): MemberActor => ({ ...world.people.li, role: 'owner' });
const read = (filter: TrailFilter = {}) => readTrail(world.as(owner()), filter);
const words = {
  head: ['n'],
  action: (action: string) => action,
  actor: (line: { name: string | null }) => line.name ?? '',
  organisation: () => ''
};

describe('[AU-11] the trail', () => {
  it('is read by key, newest first, each event once', async () => {
    for (let i = 0; i < 120; i++) await readPatient(world.as(world.people.li), world.patientId);
    const seen: number[] = [];
    let filter: TrailFilter = { action: 'patient.read' };
    for (let next: number | null = Infinity; next !== null;) {
      const view: Awaited<ReturnType<typeof readTrail>> = await read(filter);
      seen.push(...view.lines.map(({ number }) => number));
      next = view.next;
      if (next !== null) filter = { ...filter, before: next };
    }
    expect(seen.length).toBe(120);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
  });

  it('is narrowed by person, patient, action, outcome and day', async () => {
    const { li, nurse } = world.people;
    await readPatient(world.as(nurse), world.otherPatientId);
    await inTransaction(world.as(nurse), (tx) =>
      tx.audit({ action: 'chart.read', outcome: 'denied', subject: { type: 'patient', id: 'x' } })
    );
    const nurses = await read({ person: nurse.userId });
    expect(nurses.lines.map(({ name, action }) => [name, action])).toEqual([
      ['周敏', 'chart.read'],
      ['周敏', 'patient.read']
    ]);
    expect((await read({ person: li.userId })).lines.every(({ name }) => name === '李明')).toBe(true);
    for (const patient of ['张伟', 'P2'])
      expect((await read({ patient })).lines).toMatchObject([{ patient: { name: '张伟', number: 'P2' } }]);
    expect((await read({ patient: '没有这个人' })).lines).toEqual([]);
    expect((await read({ outcome: 'denied' })).lines).toMatchObject([{ action: 'chart.read' }]);
    const today = new Date().toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' });
    expect((await read({ from: today, to: today })).lines.length).toBeGreaterThan(0);
    expect((await read({ to: '2020-01-01' })).lines).toEqual([]);
    expect((await read()).chain).toMatchObject({ brokenNumber: null });
  });

  it('is exported as a stream, and that is in the trail', async () => {
    let text = '';
    for await (const part of await exportTrail(world.as(owner()), { action: 'patient.read' }, words))
      text += new TextDecoder('utf-8', { ignoreBOM: true }).decode(part);
    expect(text.startsWith('\ufeffn\r\n')).toBe(true);
    expect(text.trim().split('\r\n').length).toBe(122);
    expect((await read({ action: 'audit.export' })).lines).toHaveLength(1);
  });

  it('is refused to others, and another organisation has its own', async () => {
    const { li, nurse, reception, wang, stranger } = world.people;
    for (const person of [li, nurse, reception, wang]) {
      expect(await refusal(readTrail(world.as(person), {}))).toBe('forbidden');
      expect(await refusal(exportTrail(world.as(person), {}, words))).toBe('forbidden');
    }
    const foreign = await readTrail(world.as({ ...stranger, role: 'owner' }), { patient: 'P1' });
    expect(foreign.lines).toEqual([]);
    const all = await readTrail(world.as({ ...stranger, role: 'owner' }), {});
    expect(all.lines.every(({ own }) => own)).toBe(true);
    expect(all.people.every(({ name }) => name.startsWith('外人'))).toBe(true);
  });

  it('takes no filter it does not know', () => {
    for (const input of [{ outcome: 'x' }, { from: '1' }, { before: '-1' }, { before: "1' or 1" }])
      expect(v.safeParse(trailFilter, input).success).toBe(false);
  });
});

describe('[AU-12] who looked at a record', () => {
  it('is told to those who treat, with names, once a day and person', async () => {
    const view = await readReaders(world.as(world.people.nurse), world.patientId);
    const own = view.readers.find(({ name }) => name === '李明');
    expect(own).toMatchObject({ own: true, role: 'dentist', times: 120, actions: ['patient.read'] });
    expect(view.access).toEqual([]);
    expect((await read({ action: 'record.readers' })).lines).toHaveLength(1);
  });

  it('is refused to the front desk, and another organisation finds no such patient', async () => {
    const { reception, wang, stranger } = world.people;
    expect(await refusal(readReaders(world.as(reception), world.patientId))).toBe('forbidden');
    expect(await refusal(readReaders(world.as(wang), world.patientId))).toBe('forbidden');
    expect(await refusal(readReaders(world.as(stranger), world.patientId))).toBe('not_found');
  });

  it('is told to the patient of the link only, whose consult must be this patient’s', async () => {
    const link: PatientLinkActor = {
      kind: 'patient-link',
      inviteId: newId(),
      consultId: newId(),
      patientId: world.patientId,
      organisationId: world.people.li.organisationId,
      name: '王秀英'
    };
    expect(await refusal(readReaders(world.as(link), world.otherPatientId))).toBe('forbidden');
    // A consult that is not there opens nothing, whatever the session says of its patient.
    expect(await readReaders(world.as(link), world.patientId)).toEqual({ readers: [], access: [] });
  });
});
