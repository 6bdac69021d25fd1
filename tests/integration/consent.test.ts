import postgres from 'postgres';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PatientLinkActor } from '#lib/kernel/actor.ts';
import { answerAtClinic, consentState, readConsents } from '#lib/features/consent/answer.server.ts';
import { printReceipts } from '#lib/features/consent/receipt.server.ts';
import { textHash } from '#lib/features/consent/text-hash.server.ts';
import { currentText } from '#lib/features/consent/texts.ts';
import { acceptConsult, cancelConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import {
  doorState,
  invitePatient,
  passDoor,
  unlockInvite,
  visitorOf
} from '#lib/features/consults/invite.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import {
  answerInRoom,
  mayRecord,
  recordingRight,
  type RecordingRight
} from '#lib/features/consults/recording.server.ts';
import { admitPatient, applyRoomNews, enterRoom, waitInLobby } from '#lib/features/consults/room.server.ts';
import {
  answerOnVisit,
  askClinic,
  handleRequest,
  readVisit,
  takeBackRequest,
  writePatientSummary
} from '#lib/features/consults/visit.server.ts';
import { addDelegate, endDelegate, readDelegates } from '#lib/features/patients/delegates.server.ts';
import { addPatient } from '#lib/features/patients/patients.server.ts';
import { readReaders } from '#lib/features/record/readers.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { answers } from '../support/consent.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { silent } from '../support/silent.ts';
import { useWorld } from '../support/world.ts';
import { createLiveFeed } from '../../server/adapters/live-feed.ts';
import { followAccess } from '../../server/follow-access.ts';
import { actions } from '../../src/routes/(patient)/v/[token]/+page.server.ts';

const world = useWorld();
const { owner } = world.database;
let live: Awaited<ReturnType<typeof createLiveFeed>>;
const heard: { topic: string; name: string; data?: Record<string, string> }[] = [];

beforeAll(async () => {
  await owner.listen('live', (payload) => heard.push(JSON.parse(payload)));
  live = await createLiveFeed({ url: world.database.systemUrl, log: silent });
});
afterAll(() => live.close());

/** Forget what was heard, once all that was said so far has arrived. */
async function forget() {
  const mark = crypto.randomUUID();
  await owner.notify('live', JSON.stringify({ topic: mark, name: 'mark' }));
  await expect.poll(() => heard.some(({ topic }) => topic === mark)).toBe(true);
  heard.length = 0;
}

const door = () => ({ ...world.services, request: { id: 'test', ip: '127.0.0.1' } });

async function asked({ birthDate = '1950-01-02', slotAt = null as Date | null, accept = true } = {}) {
  const { li, wang } = world.people;
  const { id: patientId } = await addPatient(world.as(li), {
    clinicId: world.clinicId,
    name: '赵奶奶',
    sex: 'female',
    birthDate,
    phone: '13800001234'
  });
  const { id } = await askExpert(
    world.as(li),
    questionOf({
      patientId,
      teeth: [],
      question: '?',
      target: { kind: 'expert', expertId: wang.userId },
      mode: slotAt ? 'scheduled' : 'live',
      slotAt: slotAt?.toISOString() ?? null,
      share: { chart: true }
    })
  );
  if (accept) await acceptConsult(world.as(wang), id);
  return { id, patientId };
}

async function linkFor(consultId: string, delegateId: string | null = null) {
  const { path } = await invitePatient(world.as(world.people.li), consultId, delegateId);
  return path.slice('/v/'.length);
}

async function come(token: string, digits = '1234') {
  const { secret } = await passDoor(door(), { token, digits });
  const visitor = await visitorOf(world.services, secret);
  return { secret, visitor: visitor! };
}

async function visiting() {
  const { id, patientId } = await asked();
  return { id, patientId, ...(await come(await linkFor(id))) };
}

const daughter = (patientId: string) => ({
  patientId,
  name: '王丽',
  relation: 'daughter' as const,
  scopes: ['join' as const],
  phone: '13900009876',
  basis: ''
});

async function joined(visitor: PatientLinkActor, consultId: string) {
  await waitInLobby(world.as(visitor));
  const identity = `p:${visitor.inviteId}`;
  await admitPatient(world.as(world.people.li), consultId, identity);
  await inRoom(consultId, identity);
}
const inRoom = (room: string, identity: string) =>
  applyRoomNews(world.as({ kind: 'system', organisationId: '', reason: 'media server' }), {
    room,
    identity,
    kind: 'joined',
    at: new Date(Date.now() + 1000)
  });

/** Within a second. */
const ends = (right: RecordingRight) =>
  expect.poll(() => right.signal.aborted, { timeout: 1000, interval: 20 }).toBe(true);

test('[CN-6] five wrong tries lock a link; unlocked with a reason, the same link works again', async () => {
  const { id } = await asked();
  const token = await linkFor(id);
  for (let i = 0; i < 5; i++) await refusal(passDoor(door(), { token, digits: '0000' }));
  expect(await doorState(door(), token)).toBe('locked');
  const { li, nurse, stranger } = world.people;
  const { invites } = await readConsult(world.as(li), id);
  expect(invites).toMatchObject([{ locked: true, delegateId: null }]);
  const unlock = { inviteId: invites[0]!.id, reason: 'called' as const };
  expect(await refusal(unlockInvite(world.as(stranger), id, unlock))).toBe('not_found');
  expect(await refusal(unlockInvite(world.as(nurse), id, unlock))).toBe('forbidden');
  await unlockInvite(world.as(li), id, unlock);
  expect(await doorState(door(), token)).toBe('digits');
  expect((await come(token)).visitor).toMatchObject({ consultId: id });
  const [event] =
    await owner`select detail from audit_event where action = 'invite.unlock' and consult_id = ${id}`;
  expect(event!['detail']).toEqual({ reason: 'called' });
});

test('[CN-6] on https the cookie of a visit belongs to this host alone', async () => {
  const { id } = await asked();
  const token = await linkFor(id);
  const pass = async (secure: boolean) => {
    const set = vi.fn<(name: string, value: string, options: object) => void>();
    const event = {
      params: { token },
      url: new URL(`http://localhost/v/${token}`),
      locals: { ...door(), services: { ...world.services, auth: { ...world.services.auth, secure } } },
      request: new Request('http://localhost', {
        method: 'POST',
        body: new URLSearchParams({ digits: '1234' })
      }),
      cookies: { set }
    };
    const passed = actions['default']!(
      event as unknown as Parameters<NonNullable<(typeof actions)['default']>>[0]
    );
    await expect(passed).rejects.toMatchObject({ status: 303, location: `/v/${token}` });
    const [name, , options] = set.mock.calls[0]!;
    return { name, ...options };
  };
  const bound = { path: '/', httpOnly: true, sameSite: 'lax' };
  expect(await pass(true)).toMatchObject({ ...bound, name: '__Host-consilium.visit', secure: true });
  expect(await pass(false)).toMatchObject({ ...bound, name: 'consilium.visit', secure: false });
});

test('[CN-6] looking at a link leaves no trace in any table', async () => {
  const { id } = await asked();
  const token = await linkFor(id);
  const state = () =>
    owner`select (select md5(string_agg(i::text, ',' order by id)) from consult_invite i) as invites,
                 (select count(*) from visit_session) as sessions, (select count(*) from audit_event) as events,
                 (select count(*) from consent_receipt) as receipts, (select count(*) from consult_seat) as seats`;
  const before = await state();
  for (let i = 0; i < 5; i++) await doorState(door(), token);
  expect(await state()).toEqual(before);
});

test('[CN-17] [CN-18] one link, every state: early, consent, ready, rebook, over; and what to know afterwards', async () => {
  const slotAt = new Date(Date.now() + 3 * 3_600_000);
  const { id, patientId } = await asked({ slotAt });
  const token = await linkFor(id);
  const { visitor } = await come(token);
  const stage = async () => (await readVisit(world.as(visitor))).stage;
  expect(await stage()).toBe('early');
  // Staff who are there make it late enough.
  await inRoom(id, `m:${world.people.wang.userId}`);
  expect(await stage()).toBe('consent');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  expect(await stage()).toBe('ready');
  await askClinic(world.as(visitor), { kind: 'other-time', text: '下周三下午' });
  expect(await stage()).toBe('rebook');
  await takeBackRequest(world.as(visitor));
  expect(await stage()).toBe('ready');
  await askClinic(world.as(visitor), { kind: 'phone', text: '' });
  const { li, stranger } = world.people;
  const [request] = (await readConsult(world.as(li), id)).requests;
  expect(request).toMatchObject({ kind: 'phone', byName: '赵奶奶' });
  expect(await refusal(handleRequest(world.as(stranger), id, request!.id))).toBe('not_found');
  await handleRequest(world.as(li), id, request!.id);
  expect(await stage()).toBe('ready');
  await writePatientSummary(world.as(li), id, '先做根管治疗');
  await closeConsult(world.as(li), id, null);
  expect(await doorState(door(), token)).toBe('over');
  const after = await readVisit(world.as((await come(token)).visitor));
  expect(after).toMatchObject({ stage: 'over', outcome: { summary: '先做根管治疗', next: null } });
  expect(patientId).toBe(visitor.patientId);

  const other = await asked({ accept: false });
  const link = await linkFor(other.id);
  await cancelConsult(world.as(li), other.id);
  expect(await doorState(door(), link)).toBe('cancelled');
  expect((await readVisit(world.as((await come(link)).visitor))).stage).toBe('cancelled');
});

test('[CN-24] nobody is seen without having agreed to it: no place in the queue, no ticket', async () => {
  const { id, visitor } = await visiting();
  expect(await refusal(waitInLobby(world.as(visitor)))).toBe('consent_missing');
  await answerOnVisit(world.as(visitor), answers({ video: false }));
  expect(await refusal(waitInLobby(world.as(visitor)))).toBe('consent_missing');
  expect((await readVisit(world.as(visitor))).stage).toBe('no-video');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  await joined(visitor, id);
  await enterRoom(world.as(visitor), id);
  await answerOnVisit(world.as(visitor), answers({ video: false }));
  expect(await refusal(enterRoom(world.as(visitor), id))).toBe('consent_missing');
  await expect
    .poll(() =>
      heard.some(({ name, data }) => name === 'seat.ended' && data?.['inviteId'] === visitor.inviteId)
    )
    .toBe(true);
  const removed: string[] = [];
  const media = { ...world.services.media, remove: async (_: string, who: string) => void removed.push(who) };
  const still = { recheck: async () => {}, recheckAll: async () => {} };
  const { inviteId } = visitor;
  const ended = { topic: 'access' as const, name: 'seat.ended', data: { inviteId } };
  await followAccess({ ...world.services, media }, still, ended);
  expect(removed).toEqual([`p:${inviteId}`]);
});

test('[CN-25] [CS-6] recording waits for everybody, and ends with the first who withdraws or comes in unasked', async () => {
  const { id, patientId, visitor } = await visiting();
  const { li, wang } = world.people;
  const record = () => recordingRight({ ...world.as(li), live }, id);
  await answerOnVisit(world.as(visitor), answers({ video: true, recording: true }));
  await joined(visitor, id);
  expect(await mayRecord(world.as(li), id)).toEqual({ ok: true, missing: [] });
  const alone = await record();
  expect(alone.signal.aborted).toBe(false);
  // The expert comes in.
  await inRoom(id, `m:${wang.userId}`);
  expect(await mayRecord(world.as(li), id)).toMatchObject({ ok: false, missing: [{ state: 'unasked' }] });
  expect(await refusal(record())).toBe('recording_not_agreed');
  await ends(alone);
  await answerInRoom(world.as(wang), id, answers({ recording: true }));
  const together = await record();
  const state = () => inTransaction(world.as(li), (tx) => consentState(tx, patientId, 'recording'));
  expect(await state()).toBe('given');
  await forget();
  expect(together.signal.aborted).toBe(false);
  await answerOnVisit(world.as(visitor), answers({ video: true, recording: false }));
  await ends(together);
  expect(await mayRecord(world.as(li), id)).toMatchObject({ ok: false, missing: [{ state: 'withdrawn' }] });
  expect(await refusal(record())).toBe('recording_not_agreed');
  expect(await state()).toBe('withdrawn');
  await expect
    .poll(
      () => heard.filter(({ topic, name }) => topic === `consult:${id}` && name === 'consent.changed').length
    )
    .toBe(1);
  // A second yes does not bring an ended right back, but gives a new one; the close ends that.
  await answerOnVisit(world.as(visitor), answers({ video: true, recording: true }));
  expect(together.signal.aborted).toBe(true);
  const last = await record();
  await closeConsult(world.as(li), id, null);
  await ends(last);
  // What an expert agreed to was this meeting.
  const next = await asked();
  await inRoom(next.id, `m:${wang.userId}`);
  expect((await mayRecord(world.as(li), next.id)).missing).toHaveLength(2);
});

test('[CS-5] the news of a withdrawal are of its own transaction: rolled back, nobody hears of it', async () => {
  const { patientId, visitor } = await visiting();
  await answerOnVisit(world.as(visitor), answers({ video: true, recording: true }));
  await forget();
  const { li } = world.people;
  await expect(
    inTransaction(world.as(li), async (tx) => {
      await tx.rows.execute(
        `update consent_receipt set withdrawn_at = now() where patient_id = '${patientId}' and purpose = 'recording'`
      );
      throw new Error('no');
    })
  ).rejects.toThrow('no');
  const mark = crypto.randomUUID();
  await owner.notify('live', JSON.stringify({ topic: mark, name: 'mark' }));
  await expect.poll(() => heard.some(({ topic }) => topic === mark)).toBe(true);
  expect(heard.filter(({ name }) => name === 'consent.changed')).toEqual([]);
});

test('[CS-4] receipts are numbered without gaps also when said at once, hold the text that was shown, and stay', async () => {
  const { patientId, visitor } = await visiting();
  const yes = answers({ video: true, recording: true, teaching: true });
  await Promise.all(Array.from({ length: 6 }, () => answerOnVisit(world.as(visitor), yes)));
  const { li, stranger } = world.people;
  const { receipts } = await readConsents(world.as(li), patientId);
  expect(receipts.map(({ number }) => number).sort()).toEqual([1, 2, 3, 4]);
  const video = receipts.find(({ purpose }) => purpose === 'video')!;
  expect(video).toMatchObject({ answer: 'given', way: 'link', byName: '赵奶奶', personName: '赵奶奶' });
  expect(video.textHash).toBe(textHash(currentText('video'), 'zh-CN'));
  await Promise.all([
    answerOnVisit(world.as(visitor), answers({ video: true })),
    answerOnVisit(world.as(visitor), answers({ video: true }))
  ]);
  const withdrawn = (await readConsents(world.as(li), patientId)).receipts.filter((one) => one.withdrawnAt);
  expect(withdrawn.map(({ purpose }) => purpose).sort()).toEqual(['recording', 'teaching']);
  expect(await refusal(readConsents(world.as(stranger), patientId))).toBe('not_found');
  const app = postgres(world.database.appUrl, { max: 1 });
  const change = (column: string) =>
    app.begin(async (sql) => {
      await sql`select set_config('app.organisation', ${li.organisationId}, true)`;
      await sql.unsafe(`update consent_receipt set ${column} where patient_id = '${patientId}'`);
    });
  await expect(change(`answer = 'given'`)).rejects.toMatchObject({ code: '42501' });
  await expect(change('withdrawn_at = null')).rejects.toMatchObject({ code: '42501' });
  await app.end();
});

test('[CS-1] an answer to another text than today’s is refused', async () => {
  const { visitor } = await visiting();
  const old = answers({ video: true });
  old.answers[0]!.version = 99;
  expect(await refusal(answerOnVisit(world.as(visitor), old))).toBe('consent_text_changed');
});

test('[CS-3] staff write down what was said at the clinic; another organisation and an expert do not', async () => {
  const { patientId } = await asked();
  const input = { ...answers({ teaching: true }), person: { kind: 'patient' as const, id: patientId } };
  const { reception, wang, stranger } = world.people;
  for (const foreign of [wang, stranger])
    expect(await refusal(answerAtClinic(world.as(foreign), patientId, input))).toBe('not_found');
  const view = await answerAtClinic(world.as(reception), patientId, input);
  expect(view.people[0]!.states).toMatchObject({ teaching: 'given', recording: 'refused' });
  expect(view.receipts[0]).toMatchObject({ way: 'clinic', byName: '何芳', personName: '赵奶奶' });
  const { bytes } = await printReceipts(world.as(reception), patientId, 'zh-CN');
  expect(Buffer.from(bytes.subarray(0, 5)).toString()).toBe('%PDF-');
  expect(await refusal(printReceipts(world.as(stranger), patientId, 'en'))).toBe('not_found');
});

test('[PA-9] a daughter has a link and digits of her own, answers for herself, and is called what she is', async () => {
  const { id, patientId } = await asked();
  const { li, wang } = world.people;
  const { id: delegateId } = await addDelegate(world.as(li), daughter(patientId));
  const own = await linkFor(id);
  const token = await linkFor(id, delegateId);
  // Each has their own: a link for one does not end the other's.
  expect(await doorState(door(), own)).toBe('digits');
  expect(await refusal(passDoor(door(), { token, digits: '1234' }))).toBe('link_wrong_digits');
  const { visitor } = await come(token, '9876');
  expect(visitor).toMatchObject({ name: '王丽', delegate: { relation: 'daughter', speaksFor: false } });
  expect(await refusal(readReaders(world.as(visitor), patientId))).toBe('forbidden');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  const stands = await readConsents(world.as(li), patientId);
  expect(stands.people.map(({ states }) => states.video)).toEqual(['unasked', 'given']);
  await joined(visitor, id);
  const { seats, consents } = await readConsult(world.as(wang), id);
  expect(seats).toMatchObject([{ name: '王丽', role: 'delegate', relation: 'daughter' }]);
  expect(consents).toMatchObject([{ kind: 'patient' }, { kind: 'delegate', name: '王丽' }]);
  const readers = await readReaders(world.as(li), patientId);
  expect(readers.readers).toContainEqual(
    expect.objectContaining({ kind: 'patient-link', name: '王丽', role: 'daughter' })
  );
});

test('[PA-10] a child’s guardian answers for both, once; the parent of a grown-up does not', async () => {
  const { id, patientId } = await asked({ birthDate: `${new Date().getUTCFullYear() - 8}-01-01` });
  const { li } = world.people;
  const parent = { ...daughter(patientId), relation: 'parent' as const };
  const { id: delegateId } = await addDelegate(world.as(li), parent);
  const { visitor } = await come(await linkFor(id, delegateId), '9876');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  const { people, receipts } = await readConsents(world.as(li), patientId);
  expect(people.map(({ states }) => states.video)).toEqual(['given', 'given']);
  expect(
    receipts.find(({ personKind, purpose }) => personKind === 'patient' && purpose === 'video')
  ).toMatchObject({
    way: 'delegate',
    byName: '王丽',
    personName: '赵奶奶'
  });
  // Said at the clinic for the child: the parent's link shows the child too, so its seat ends.
  await forget();
  const no = { ...answers({ video: false }), person: { kind: 'patient' as const, id: patientId } };
  await answerAtClinic(world.as(world.people.reception), patientId, no);
  await expect
    .poll(() => heard.filter(({ name }) => name === 'seat.ended').map(({ data }) => data?.['inviteId']))
    .toEqual([visitor.inviteId]);
  const grown = await asked();
  const other = await addDelegate(world.as(li), { ...parent, patientId: grown.patientId });
  expect((await come(await linkFor(grown.id, other.id), '9876')).visitor.delegate?.speaksFor).toBe(false);
});

test('[PA-9] what a delegate may do is what was stated', async () => {
  const { id, patientId } = await asked();
  const { li } = world.people;
  const { id: delegateId } = await addDelegate(world.as(li), { ...daughter(patientId), scopes: ['times'] });
  const { visitor } = await come(await linkFor(id, delegateId), '9876');
  expect((await readVisit(world.as(visitor))).stage).toBe('times');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  expect(await refusal(waitInLobby(world.as(visitor)))).toBe('delegate_not_allowed');
  expect(await refusal(enterRoom(world.as(visitor), id))).toBe('delegate_not_allowed');
});

test('[PA-11] the end of a delegation ends link, session and seat; another organisation cannot touch it', async () => {
  const { id, patientId } = await asked();
  const { li, stranger, wang, reception } = world.people;
  const { id: delegateId } = await addDelegate(world.as(li), daughter(patientId));
  const token = await linkFor(id, delegateId);
  const { secret, visitor } = await come(token, '9876');
  for (const foreign of [stranger, wang]) {
    expect(await refusal(endDelegate(world.as(foreign), delegateId))).toBe('not_found');
    expect(await refusal(readDelegates(world.as(foreign), patientId))).toBe('not_found');
    expect(await refusal(addDelegate(world.as(foreign), daughter(patientId)))).toBe('not_found');
  }
  const from = Date.now();
  await endDelegate(world.as(reception), delegateId);
  await expect
    .poll(() =>
      heard.some(({ name, data }) => name === 'invite.ended' && data?.['inviteId'] === visitor.inviteId)
    )
    .toBe(true);
  expect(Date.now() - from).toBeLessThan(1000);
  expect(await doorState(door(), token)).toBe('expired');
  expect(await refusal(passDoor(door(), { token, digits: '9876' }))).toBe('link_expired');
  expect(await visitorOf(world.services, secret)).toBeNull();
  expect(await refusal(invitePatient(world.as(li), id, delegateId))).toBe('not_found');
  const [stored] = await owner`select phone from patient_delegate where id = ${delegateId}`;
  expect(stored!['phone']).not.toContain('9876');
});
