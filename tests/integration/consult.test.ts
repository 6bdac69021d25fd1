import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { recordsOf } from '#lib/features/board/format.ts';
import { appendBoardUpdates } from '#lib/features/board/store.server.ts';
import {
  acceptConsult,
  answerMore,
  askForMore,
  cancelConsult,
  declineConsult
} from '#lib/features/consults/answer.server.ts';
import { sayInConsult } from '#lib/features/consults/chat.server.ts';
import { askExpert, readDraft, saveDraft } from '#lib/features/consults/ask.server.ts';
import { propose, saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { boardAccess } from '#lib/features/consults/board.server.ts';
import { readHistory } from '#lib/features/consults/board-history.server.ts';
import { closeConsult, readDocument } from '#lib/features/consults/close.server.ts';
import { decideProposal } from '#lib/features/consults/decide.server.ts';
import { listConsults, readConsult } from '#lib/features/consults/read.server.ts';
import type { AskInput } from '#lib/features/consults/schema.ts';
import { newId } from '#lib/kernel/ids.ts';
import { canonicalJson } from '#lib/kernel/canonical-json.ts';
import { digestOf } from '#lib/features/consults/opinion.ts';
import { readChart, recordFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { readPatient } from '#lib/features/patients/patients.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { testPassword, useWorld } from '../support/world.ts';

const world = useWorld();

function question(overrides: Partial<AskInput> = {}): AskInput {
  return questionOf({
    patientId: world.patientId,
    question: '36 是否需要根管治疗?',
    target: { kind: 'specialty', organisationId: world.hospitalId, specialty: 'endodontics' },
    share: { allergies: true, chart: true },
    ...overrides
  });
}

const ask = (overrides?: Partial<AskInput>) => askExpert(world.as(world.people.li), question(overrides));
const accepted = async (expert: MemberActor = world.people.wang) => {
  const { id } = await ask();
  await acceptConsult(world.as(expert), id);
  return id;
};

describe('asking', () => {
  test('[CN-2] both sides see the consult, a third organisation and a receptionist do not', async () => {
    const { id } = await ask();
    const { li, wang, nurse, liu, stranger, reception } = world.people;
    expect((await readConsult(world.as(li), id)).side).toBe('requester');
    expect((await readConsult(world.as(wang), id)).side).toBe('expert');
    expect((await readConsult(world.as(nurse), id)).may.decide).toBe(false);
    for (const actor of [liu, stranger, reception])
      expect(await refusal(readConsult(world.as(actor), id))).toBe('not_found');
  });

  test('[CN-4] [PA-4] the expert reads what was granted and nothing else', async () => {
    const { wang } = world.people;
    expect(await refusal(readPatient(world.as(wang), world.otherPatientId))).toBe('not_found');
    await ask();
    const { patient, health, notes } = await readPatient(world.as(wang), world.patientId);
    expect(patient).toMatchObject({ name: '王秀英', phone: null, own: false });
    expect(health.map((item) => item.label)).toEqual(['青霉素']);
    expect(notes).toEqual([]);
    await ask({ share: { ...question().share, noteIds: [world.noteId] } });
    expect((await readPatient(world.as(wang), world.patientId)).notes).toHaveLength(1);
  });

  test('[CN-4] another patient’s note cannot be slipped in', async () => {
    const share = { ...question().share, noteIds: [world.noteId] };
    expect(await refusal(ask({ patientId: world.otherPatientId, share }))).toBe('not_found');
  });

  test('only a dentist or the owner asks, and only about an own patient', async () => {
    expect(await refusal(askExpert(world.as(world.people.nurse), question()))).toBe('forbidden');
    expect(await refusal(askExpert(world.as(world.people.stranger), question()))).toBe('not_found');
    expect(await refusal(ask({ target: { kind: 'expert', expertId: world.people.li.userId } }))).toBe(
      'expert_not_found'
    );
  });

  test('[CN-3] a draft survives, is its writer’s alone, and goes when it is sent', async () => {
    const { li, stranger } = world.people;
    await saveDraft(world.as(li), { patientId: world.patientId, content: { question: '半句<b>' } });
    expect((await readDraft(world.as(li), world.patientId))?.content.question).toBe('半句<b>');
    expect(await readDraft(world.as(stranger), world.patientId)).toBeNull();
    await ask();
    expect(await readDraft(world.as(li), world.patientId)).toBeNull();
  });
});

describe('answering', () => {
  test('two experts accept at once: one has it, the other is told; a second click changes nothing', async () => {
    const { id } = await ask();
    const { wang, sun } = world.people;
    const results = await Promise.all(
      [wang, sun].map((expert) => refusal(acceptConsult(world.as(expert), id)))
    );
    expect(results.sort()).toEqual([null, 'consult_already_accepted'].sort());
    const view = await readConsult(world.as(world.people.li), id);
    const winner = view.expertId === wang.userId ? wang : sun;
    const loser = winner === wang ? sun : wang;
    expect(await refusal(acceptConsult(world.as(winner), id))).toBeNull();
    expect(await refusal(readConsult(world.as(loser), id))).toBe('not_found');
    // Of the same hospital, and not asked: a question that was taken is none.
    const liu = world.as(world.people.liu);
    expect(await refusal(acceptConsult(liu, id))).toBe('not_found');
    expect(await refusal(declineConsult(liu, id, '不在专业范围内'))).toBe('not_found');
    expect(await refusal(askForMore(liu, id, '请补拍根尖片'))).toBe('not_found');
  });

  test('[CN-4] accepting narrows the grant to the one who accepted', async () => {
    const { id } = await ask({ patientId: world.otherPatientId });
    const { wang, sun } = world.people;
    expect((await readPatient(world.as(sun), world.otherPatientId)).patient.name).toBe('张伟');
    await acceptConsult(world.as(wang), id);
    expect(await refusal(readPatient(world.as(sun), world.otherPatientId))).toBe('not_found');
    expect((await readPatient(world.as(wang), world.otherPatientId)).patient.name).toBe('张伟');
  });

  test('declining needs no more than a reason, and ends the grant', async () => {
    const { id } = await ask({ target: { kind: 'expert', expertId: world.people.liu.userId } });
    const { liu, li } = world.people;
    expect((await readPatient(world.as(liu), world.patientId)).patient.name).toBe('王秀英');
    await declineConsult(world.as(liu), id, '不在专业范围内');
    expect(await readConsult(world.as(li), id)).toMatchObject({
      status: 'declined',
      declineReason: '不在专业范围内'
    });
    expect(await refusal(readPatient(world.as(liu), world.patientId))).toBe('not_found');
    expect(await refusal(acceptConsult(world.as(liu), id))).toBe('consult_wrong_state');
  });

  test('asking for more, answering, taking back', async () => {
    const { id } = await ask({ target: { kind: 'expert', expertId: world.people.sun.userId } });
    const { sun, li } = world.people;
    await askForMore(world.as(sun), id, '请补拍根尖片');
    expect((await readConsult(world.as(li), id)).status).toBe('more-asked');
    await answerMore(world.as(li), id, '<script>alert(1)</script> 已补');
    const view = await readConsult(world.as(sun), id);
    expect(view.messages.map((message) => message.kind)).toEqual(['ask-more', 'answer-more']);
    expect(view.messages[1]!.text).toContain('<script>');
    await cancelConsult(world.as(li), id);
    expect(await refusal(acceptConsult(world.as(sun), id))).toBe('consult_wrong_state');
  });
});

describe('advising and deciding', () => {
  test('[CN-5] a proposal changes nothing until the dentist accepts it, once', async () => {
    const id = await accepted();
    const { wang, li, nurse } = world.people;
    const { id: proposalId } = await propose(world.as(wang), id, {
      kind: 'finding',
      content: { tooth: '36', surfaces: ['O'], code: 'caries', status: 'needs' }
    });
    const before = (await readChart(world.as(li), world.patientId)).findings.length;
    expect(await refusal(decideProposal(world.as(wang), id, proposalId, 'accept'))).toBe('forbidden');
    expect(await refusal(decideProposal(world.as(nurse), id, proposalId, 'accept'))).toBe('forbidden');
    const decisions = await Promise.all(
      [1, 2].map(() => refusal(decideProposal(world.as(li), id, proposalId, 'accept')))
    );
    expect(decisions.sort()).toEqual([null, 'proposal_already_decided'].sort());
    const { findings } = await readChart(world.as(li), world.patientId);
    expect(findings).toHaveLength(before + 1);
    expect(findings.at(-1)).toMatchObject({ author: { name: '王志远' }, consultId: id, proposalId });
  });

  test('an unknown tooth, and a surface the tooth has not, are refused', async () => {
    const id = await accepted();
    const content = { surfaces: ['O'], code: 'caries' as const, status: 'needs' as const };
    const call = world.as(world.people.wang);
    expect(await refusal(propose(call, id, { kind: 'finding', content: { ...content, tooth: '99' } }))).toBe(
      'unknown_tooth'
    );
    expect(await refusal(propose(call, id, { kind: 'finding', content: { ...content, tooth: '11' } }))).toBe(
      'surface_not_on_tooth'
    );
  });

  test('an expert cannot record into the chart', async () => {
    await accepted();
    const input = {
      patientId: world.patientId,
      tooth: '36',
      surfaces: ['O'],
      code: 'caries' as const,
      status: 'needs' as const
    };
    expect(await refusal(recordFinding(world.as(world.people.wang), input))).toMatch(/forbidden|not_found/);
  });

  test('[CN-3] a question sent twice at once is one consult', async () => {
    const id = newId();
    const [one, two] = await Promise.all([ask({ id }), ask({ id })]);
    expect(one).toEqual(two);
    expect(one.id).toBe(id);
    expect(await refusal(ask({ id, question: '另一个问题' }))).toBe('conflict');
  });

  test('[CN-8] signing needs the password, and what is signed stays', async () => {
    const id = await accepted();
    const { wang, li } = world.people;
    expect(await refusal(signOpinion(world.as(wang), id, testPassword))).toBe('opinion_empty');
    await saveOpinion(world.as(wang), id, { diagnosis: 'K04.5', text: '建议根管治疗', advice: '' });
    expect((await readConsult(world.as(li), id)).opinions).toEqual([]);
    expect(await refusal(signOpinion(world.as(wang), id, 'wrong'))).toBe('wrong_password');
    expect(await refusal(signOpinion(world.as(li), id, testPassword))).toBe('forbidden');
    const signed = await signOpinion(world.as(wang), id, testPassword);
    expect(signed.digest).toMatch(/^[0-9a-f]{64}$/);
    const changed = { diagnosis: '', text: 'x', advice: '' };
    expect(await refusal(saveOpinion(world.as(wang), id, changed))).toBe('opinion_signed');
    const owner = postgres(world.database.ownerUrl, { max: 1 });
    try {
      await expect(owner`update opinion set text = 'x' where consult_id = ${id}`).rejects.toMatchObject({
        code: '42501'
      });
      const [row] = await owner`select digest, signed_content from opinion where consult_id = ${id}`;
      expect(await digestOf(row!['signed_content'])).toBe(row!['digest']);
    } finally {
      await owner.end();
    }
  });
});

test('[CN-8] saved and saved again at the same time, an opinion is kept, and signed once', async () => {
  const id = await accepted();
  const { wang } = world.people;
  const content = { diagnosis: '36 缺失', text: '植体长 10.0 mm', advice: '复查' };
  const atOnce = (work: () => Promise<unknown>) => Promise.all(Array.from({ length: 6 }, work));
  // With their connections made, none is late.
  await atOnce(() => readConsult(world.as(wang), id));
  await atOnce(() => saveOpinion(world.as(wang), id, content));
  const signed = await signOpinion(world.as(wang), id, testPassword);
  expect(signed).toMatchObject(content);
});

describe('closing', () => {
  test('[CN-4] [CN-7] [CN-9] keeps the opinion as PDF, ends the grant, leaves the board readable for its clinic', async () => {
    const id = await accepted();
    const { wang, li } = world.people;
    await saveOpinion(world.as(wang), id, {
      diagnosis: '慢性根尖周炎',
      text: '建议根管治疗',
      advice: '复诊'
    });
    await signOpinion(world.as(wang), id, testPassword);
    const boardId = (await readConsult(world.as(li), id)).boardId!;
    expect((await boardAccess(world.as(wang), boardId)).mode).toBe('write');
    expect(await refusal(closeConsult(world.as(wang), id, null))).toBe('forbidden');
    expect(await refusal(closeConsult(world.as(li), id, new Uint8Array([1, 2, 3])))).toBe(
      'file_not_an_image'
    );
    await closeConsult(world.as(li), id, null);
    expect((await boardAccess(world.as(li), boardId)).mode).toBe('read');
    expect(await refusal(boardAccess(world.as(wang), boardId))).toBe('not_found');
    expect(await refusal(sayInConsult(world.as(li), id, { text: '还有' }))).toBe('consult_closed');
    expect(await refusal(closeConsult(world.as(li), id, null))).toBe('consult_closed');
    for (const [actor, locale] of [
      [li, 'zh-CN'],
      [li, 'en'],
      [wang, 'zh-CN']
    ] as const) {
      const { bytes, size } = await readDocument(world.as(actor), id, { kind: 'opinion-pdf', locale });
      const chunks = await Array.fromAsync(bytes);
      expect(Buffer.concat(chunks)).toHaveLength(size);
      expect(Buffer.from(chunks[0]!).subarray(0, 5).toString()).toBe('%PDF-');
    }
    expect((await readConsult(world.as(wang), id)).opinions).toHaveLength(1);
    expect(
      await refusal(readDocument(world.as(world.people.sun), id, { kind: 'opinion-pdf', locale: 'en' }))
    ).toBe('not_found');
  });

  test('[CN-11] [AU-2] every step is in the trail of the clinic that owns the record', async () => {
    const owner = postgres(world.database.ownerUrl, { max: 1 });
    try {
      const rows = await owner`
        select number::int, action, actor_organisation_id from audit_event
         where organisation_id = ${world.people.li.organisationId} order by number`;
      expect(rows.map((row) => row['number'])).toEqual(rows.map((_, i) => i + 1));
      const actions = new Set(rows.map((row) => row['action']));
      for (const action of [
        'consult.ask',
        'consult.accepted',
        'consult.read',
        'patient.read',
        'consult.signed',
        'proposal.accept',
        'consult.closed'
      ])
        expect(actions).toContain(action);
      expect(
        rows.some(
          (row) =>
            row['actor_organisation_id'] === world.hospitalId ||
            row['actor_organisation_id'] === world.people.wang.organisationId
        )
      ).toBe(true);
    } finally {
      await owner.end();
    }
  });
});

describe('[CN-47] how a board came to be', () => {
  const minutes = (count: number) => new Date(Date.UTC(2030, 0, 1, 9, count));

  /** An accepted consult's board on which li draws, wang moves what li drew, and li erases it. */
  async function drawn() {
    const { li, wang } = world.people;
    const consultId = await accepted();
    const documentId = (await readConsult(world.as(li), consultId)).boardId!;
    const key = { organisationId: li.organisationId, consultId, documentId };
    const append = (...rows: { bytes: Uint8Array; author: string; at: Date }[]) =>
      inTransaction(world.as({ kind: 'system', organisationId: key.organisationId, reason: 'test' }), (tx) =>
        appendBoardUpdates(tx.rows, key, rows)
      );
    const doc = new Y.Doc();
    const steps: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => steps.push(update));
    const shape = new Y.Map<unknown>([['x', 1]]);
    recordsOf(doc).set('shape:a', shape);
    shape.set('x', 2);
    recordsOf(doc).delete('shape:a');
    await append({ bytes: steps[0]!, author: li.userId, at: minutes(1) });
    await append({ bytes: steps[1]!, author: wang.userId, at: minutes(3) });
    // Another server's clock is a little behind.
    await append({ bytes: steps[2]!, author: li.userId, at: minutes(2) });
    return { consultId, documentId, append };
  }

  test('[BD-5] is there change by change, with who and when; what was erased too', async () => {
    const { li, wang } = world.people;
    const { documentId } = await drawn();
    const { updates, next, first, last, people } = await readHistory(world.as(wang), documentId);
    expect([next, first, last]).toEqual([null, 1, 4]);
    expect(updates.map(({ number, author, at }) => [number, author, at.getTime()]).slice(1)).toEqual([
      [2, li.userId, minutes(1).getTime()],
      [3, wang.userId, minutes(3).getTime()],
      [4, li.userId, minutes(2).getTime()]
    ]);
    expect(updates[0]!.author).toBe('system');
    const replayed = new Y.Doc();
    const seen = updates.map(({ bytes }) => {
      Y.applyUpdate(replayed, bytes);
      return recordsOf(replayed).get('shape:a')?.get('x') ?? null;
    });
    expect(seen).toEqual([null, 1, 2, null]);
    expect(people).toContainEqual({ id: wang.userId, name: wang.name });
  });

  test('a span of time has all that was received in it, without a hole', async () => {
    const { documentId } = await drawn();
    const numbers = async (range: { from?: Date; to?: Date }) =>
      (await readHistory(world.as(world.people.li), documentId, range)).updates.map(({ number }) => number);
    expect(await numbers({ from: minutes(2) })).toEqual([3, 4]);
    expect(await numbers({ from: minutes(1), to: minutes(2) })).toEqual([2, 3, 4]);
    expect(await numbers({ from: minutes(4) })).toEqual([]);
  });

  test('comes in pages of bounded size', async () => {
    const { li } = world.people;
    const { documentId, append } = await drawn();
    const large = new Y.Doc();
    const sizes = [700, 700, 1500, 10].map((size) => size * 1024);
    for (const size of sizes) {
      const before = Y.encodeStateVector(large);
      large.getArray('x').push([new Uint8Array(size)]);
      const bytes = Y.encodeStateAsUpdate(large, before);
      await append({ bytes, author: li.userId, at: minutes(5) });
    }
    const pages: number[][] = [];
    for (let after: number | null = 0; after !== null;) {
      const page = await readHistory(world.as(li), documentId, { after });
      pages.push(page.updates.map(({ number }) => number));
      after = page.next;
    }
    expect(pages).toEqual([[1, 2, 3, 4, 5, 6], [7], [8]]);
  });

  test('is for the staff who can open the board; each page is in the trail', async () => {
    const { li, nurse, wang, liu, stranger, reception } = world.people;
    const { documentId, consultId } = await drawn();
    for (const actor of [liu, stranger, reception])
      expect(await refusal(readHistory(world.as(actor), documentId))).toBe('not_found');
    const patient: PatientLinkActor = {
      kind: 'patient-link',
      organisationId: li.organisationId,
      consultId,
      patientId: world.patientId,
      inviteId: documentId,
      name: '王秀英'
    };
    expect((await boardAccess(world.as(patient), documentId)).mode).toBe('read');
    expect(await refusal(readHistory(world.as(patient as unknown as MemberActor), documentId))).toBe(
      'not_found'
    );
    await readHistory(world.as(nurse), documentId);
    await closeConsult(world.as(li), consultId, null);
    expect((await readHistory(world.as(li), documentId)).last).toBe(4);
    expect(await refusal(readHistory(world.as(wang), documentId))).toBe('not_found');
    const owner = postgres(world.database.ownerUrl, { max: 1 });
    try {
      const rows = await owner`
        select actor_id, patient_id, detail from audit_event
         where action = 'board.replay' and subject_id = ${documentId} order by number`;
      expect(rows.map((row) => [row['actor_id'], row['patient_id'], row['detail']])).toEqual(
        [nurse, li].map(({ userId }) => [userId, world.patientId, { first: 1, last: 4 }])
      );
    } finally {
      await owner.end();
    }
  });
});

test('lists show each side its own', async () => {
  const forStranger = await listConsults(world.as(world.people.stranger));
  expect(forStranger).toEqual([]);
  expect((await listConsults(world.as(world.people.li))).every((one) => one.side === 'requester')).toBe(true);
});

test('canonical JSON is the same whatever the order of keys', () => {
  expect(canonicalJson({ b: [1, { d: '"', c: null }], a: undefined })).toBe('{"b":[1,{"c":null,"d":"\\""}]}');
});
