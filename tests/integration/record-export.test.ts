import { createHash } from 'node:crypto';
import { Fhir } from 'fhir/fhir.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { withdrawImage } from '#lib/features/imaging/withdraw.server.ts';
import { recordFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { addHealthItem } from '#lib/features/patients/patients.server.ts';
import { exportRecord } from '#lib/features/rights/export.server.ts';
import type { Bundle } from '#lib/features/rights/fhir-types.ts';
import { createPlan } from '#lib/features/treatment/plans.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { unzip } from '../support/unzip.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let files: Map<string, Buffer>;
const text = (path: string) => files.get(path)?.toString('utf8') ?? '';
const dicom = fixtureDicom();

beforeAll(async () => {
  const { li, wang } = world.people;
  const call = world.as(li);
  const { patientId } = world;
  await addHealthItem(call, {
    patientId,
    kind: 'medication',
    label: '氨氯地平',
    code: null,
    detail: '5 mg',
    severity: null,
    since: '2020-01-01'
  });
  await recordFinding(call, { patientId, tooth: '36', code: 'caries', status: 'needs', surfaces: ['O'] });
  await recordFinding(call, { patientId, tooth: '46', code: 'filling', status: 'done', surfaces: ['O'] });
  const upload = (bytes: Uint8Array) =>
    uploadImage(call, {
      patientId,
      fileName: 'x.dcm',
      source: (async function* () {
        yield bytes;
      })(),
      confirmOtherPatient: true
    });
  const { image } = await upload(dicom);
  const { image: wrong } = await upload(fixtureDicom({ set: [['00080018', 'UI', '2.25.77']] }));
  await withdrawImage(call, { imageId: wrong.id, reason: '拍错' });
  await createPlan(call, {
    patientId,
    draft: {
      title: '36 保留',
      phases: [{ title: '', items: [{ tooth: '36', procedure: 'root_canal', visits: 3, minutes: 60 }] }]
    }
  });
  const chairId = newId();
  await owner`insert into chair (id, organisation_id, clinic_id, name)
    values (${chairId}, ${li.organisationId}, ${world.clinicId}, '1')`;
  await owner`insert into appointment (id, organisation_id, clinic_id, patient_id, practitioner_id, chair_id, starts_at, ends_at, reason)
    values (${newId()}, ${li.organisationId}, ${world.clinicId}, ${patientId}, ${li.memberId}, ${chairId}, now(), now() + interval '1 hour', '复查')`;
  const { id } = await askExpert(
    call,
    questionOf({
      patientId,
      question: '36 保留还是拔除?',
      target: { kind: 'expert', expertId: wang.userId },
      share: {
        imageIds: [image.id],
        allergies: true,
        conditions: true,
        medications: true,
        chart: true,
        plan: true
      }
    })
  );
  await acceptConsult(world.as(wang), id);
  await saveOpinion(world.as(wang), id, { diagnosis: '慢性牙髓炎', text: '可保留', advice: '根管治疗' });
  await signOpinion(world.as(wang), id, testPassword);
  await closeConsult(call, id, null);
}, 60_000);

const take = (person: MemberActor, password: string | null = testPassword, patientId = world.patientId) =>
  exportRecord(world.as(person), { patientId, password });
const exports = () => owner<{ detail: { files: number; bytes: number } }[]>`
  select detail from audit_event where action = 'rights.export' and outcome = 'ok' order by at`;

describe('the whole record', () => {
  it('[RT-2] is one archive of the size it said, each file as the manifest has it', async () => {
    const archive = await take(world.people.li);
    const bytes = Buffer.concat(await Array.fromAsync(archive.bytes));
    expect(bytes.length).toBe(archive.size);
    expect(archive.fileName).toMatch(/^record-P1-\d{4}-\d\d-\d\d\.zip$/);
    files = unzip(bytes);
    const manifest = JSON.parse(text('manifest.json')) as {
      files: { path: string; size: number; sha256: string }[];
    };
    expect(manifest.files.length).toBe(archive.files - 1);
    for (const { path, size, sha256 } of manifest.files) {
      const file = files.get(path)!;
      expect([path, file.length, createHash('sha256').update(file).digest('hex')]).toEqual([
        path,
        size,
        sha256
      ]);
      expect(path).toMatch(/^[A-Za-z0-9./-]+$/);
    }
    const paths = manifest.files.map(({ path }) => path);
    expect(paths.filter((path) => path.endsWith('.dcm'))).toHaveLength(2);
    expect(paths.filter((path) => path.endsWith('.pdf'))).toHaveLength(2);
    const first = manifest.files.find(({ path }) => path.endsWith('.dcm'));
    expect(files.get(first!.path)?.length).toBe(dicom.length);
    expect(await exports()).toMatchObject([{ detail: { files: archive.files, bytes: archive.size } }]);
  });

  it('[RT-3] holds every row of the patient, in the clear, and none of another', async () => {
    const record = JSON.parse(text('record.json')) as Record<string, unknown>;
    expect(record).toMatchObject({
      format: 'consilium.patient-record',
      version: 1,
      patient: { name: '王秀英', phone: '13800001234' },
      notes: [{ text: '36 叩痛' }],
      plans: [{ items: [{ tooth: '36' }] }],
      consults: [{ opinions: [{ diagnosis: '慢性牙髓炎' }] }]
    });
    expect((record['healthItems'] as unknown[]).length).toBe(3);
    expect((record['findings'] as unknown[]).length).toBe(2);
    expect(JSON.stringify(record)).not.toContain('张伟');
    expect(JSON.stringify(record)).not.toContain('Index');
  });

  it('[RT-5] says who looked', async () => {
    const lines = text('audit.jsonl').trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as { action: string; patientId: string });
    expect(events.map(({ action }) => action)).toContain('opinion.save');
    expect(new Set(events.map(({ patientId }) => patientId))).toEqual(new Set([world.patientId]));
  });

  it('[RT-6] is FHIR R4 where FHIR has a place for it', async () => {
    const bundle = JSON.parse(text('fhir.json')) as Bundle;
    const kinds = Object.groupBy(bundle.entry, ({ resource }) => resource.resourceType);
    expect(Object.keys(kinds).sort()).toEqual([
      'AllergyIntolerance',
      'Appointment',
      'CarePlan',
      'Condition',
      'DiagnosticReport',
      'DocumentReference',
      'ImagingStudy',
      'MedicationStatement',
      'Observation',
      'Organization',
      'Patient',
      'Procedure'
    ]);
    const fhir = new Fhir();
    for (const resource of [bundle, ...bundle.entry.map((entry) => entry.resource)]) {
      const { messages } = fhir.validate(resource, { errorOnUnexpected: true });
      const errors = messages.filter(({ severity }) => severity === 'error' || severity === 'fatal');
      expect(errors, `${resource.resourceType} ${JSON.stringify(resource).slice(0, 600)}`).toEqual([]);
    }
    // Every reference inside leads to an entry.
    const urls = new Set(bundle.entry.map(({ fullUrl }) => fullUrl));
    expect(urls.size).toBe(bundle.entry.length);
    for (const [, url] of JSON.stringify(bundle).matchAll(/"reference":"([^"]+)"/g))
      expect(urls).toContain(url);
  });

  it('[RT-6] the check finds what R4 does not allow', () => {
    const { valid } = new Fhir().validate({ resourceType: 'Observation', id: 'x', code: { text: 'x' } });
    expect(valid).toBe(false);
  });

  it('[RT-1] is refused to everybody else, before any password is tried', async () => {
    const { nurse, reception, wang, stranger, strangerBoss, chief } = world.people;
    const before = (await exports()).length;
    for (const person of [nurse, reception, wang]) expect(await refusal(take(person))).toBe('forbidden');
    for (const person of [stranger, strangerBoss, chief])
      expect(await refusal(take(person, 'wrong'))).toBe('not_found');
    expect((await exports()).length).toBe(before);
  });

  it('[RT-2] wants the password again', async () => {
    expect(await refusal(take(world.people.li, 'not this one'))).toBe('wrong_password');
    const later = { ...world.as(world.people.boss), clock: { now: () => new Date(Date.now() + dayMs) } };
    expect(await refusal(exportRecord(later, { patientId: world.patientId, password: null }))).toBe(
      'step_up_required'
    );
  });

  it('[RT-2] stops reading when who takes it goes', async () => {
    const archive = await take(world.people.boss);
    let seen = 0;
    for await (const piece of archive.bytes) {
      seen += piece.length;
      break;
    }
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(archive.size);
  });
});
