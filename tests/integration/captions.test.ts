import { afterAll, beforeAll, expect, test } from 'vitest';
import { once } from '#lib/kernel/bytes.ts';
import type { Actor } from '#lib/kernel/actor.ts';
import { wavOf, type CaptionMessage } from '#lib/features/consults/captions.ts';
import { hearUtterance, switchCaptions } from '#lib/features/consults/captions.server.ts';
import { watchCaptions } from '#lib/features/consults/captions-watch.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { answerInRoom } from '#lib/features/consults/recording.server.ts';
import { admitPatient, applyRoomNews, currentKey, waitInLobby } from '#lib/features/consults/room.server.ts';
import { openLine } from '#lib/features/consults/room/captions/open-line.ts';
import { answerOnVisit, readVisit } from '#lib/features/consults/visit.server.ts';
import { createLiveFeed } from '../../server/adapters/live-feed.ts';
import { noRecogniser } from '../../server/adapters/recogniser.ts';
import { answers } from '../support/consent.ts';
import { refusal } from '../support/refusal.ts';
import { silent } from '../support/silent.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let live: Awaited<ReturnType<typeof createLiveFeed>>;
let stopWatch: () => void;
const told: { message: CaptionMessage; to: readonly string[] }[] = [];
/** What happens while the recogniser thinks. */
let meanwhile: () => Promise<unknown> = async () => {};
const speech = {
  host: 'speech.example.org',
  transcribe: async () => {
    await meanwhile();
    return '  左上后牙\n疼 ';
  }
};

beforeAll(async () => {
  live = await createLiveFeed({ url: world.database.systemUrl, log: silent });
  stopWatch = watchCaptions({ ...world.services, live });
});
afterAll(async () => {
  stopWatch();
  await live.close();
});

const by = <A extends Actor>(actor: A) => ({
  ...world.as(actor),
  actor,
  speech,
  media: {
    ...world.services.media,
    tell: async (_: string, __: string, message: object, to: readonly string[]) =>
      void told.push({ message: message as CaptionMessage, to })
  }
});
const as = (who: keyof typeof world.people) => by(world.people[who]);
const moves = (room: string, identity: string, kind: 'joined' | 'left' = 'joined') =>
  applyRoomNews(world.as({ kind: 'system', organisationId: '', reason: 'media server' }), {
    ...{ room, identity, kind },
    at: new Date(Date.now() + 1000)
  });
const said = (seconds = 1) => wavOf(new Float32Array(16_000 * seconds).fill(0.1));
const yes = answers({ video: true, 'ai-notes': true });

/** Li and the patient are in the room and have said yes; captions are on. */
async function inCall() {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  const identity = `p:${visitor.inviteId}`;
  await waitInLobby(world.as(visitor));
  await admitPatient(as('li'), id, identity);
  await moves(id, identity);
  await moves(id, `m:${world.people.li.userId}`);
  await answerOnVisit(world.as(visitor), yes);
  await answerInRoom(as('li'), id, answers({ 'ai-notes': true }));
  await switchCaptions(as('li'), id, true);
  told.length = 0;
  meanwhile = async () => {};
  const speaks = (bytes: Uint8Array = said()) =>
    hearUtterance(by(visitor), id, { source: once(bytes), language: 'zh' });
  return { id, visitor, identity, speaks };
}
const isOn = async (id: string) => (await readConsult(as('li'), id)).captions !== null;
const ends = (id: string) => expect.poll(() => isOn(id), { timeout: 1_000, interval: 20 }).toBe(false);

test('[CN-26] what the patient says is told with their name to who is in the room, under the call’s key, and kept nowhere', async () => {
  const { id, visitor, identity, speaks } = await inCall();
  expect((await readVisit(world.as(visitor))).captions?.byName).toBe('李明');
  expect(await speaks()).toEqual({ heard: true });
  const [{ message, to }] = told as [(typeof told)[0]];
  expect([...to].sort()).toEqual([`m:${world.people.li.userId}`, identity].sort());
  const { key, epoch } = await currentKey(as('li'), id);
  if (message.kind !== 'sealed') throw new Error('told in the clear');
  expect(message.epoch).toBe(epoch);
  expect(JSON.stringify(message)).not.toContain('后牙');
  expect(await openLine(message, key)).toMatchObject({ identity, name: visitor.name, text: '左上后牙 疼' });
  expect(await openLine(message, `${key!.slice(0, -2)}AA`)).toBeNull();
  const trail = await owner<{ action: string; detail: Record<string, unknown> }[]>`
    select action, detail from audit_event where consult_id = ${id} and action like 'captions.%' order by number`;
  expect(trail.map(({ action, detail }) => [action, detail['host']])).toEqual([
    ['captions.start', 'speech.example.org']
  ]);
  const kept = await owner<{ found: boolean }[]>`
    select exists (select from audit_event where detail::text like '%后牙%') as found`;
  expect(kept[0]!.found).toBe(false);
});

test('[CN-26] not without a recogniser, everybody’s yes, a seat in the call, or by who is no host', async () => {
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  expect(await refusal(switchCaptions({ ...as('li'), speech: noRecogniser }, id, true))).toBe(
    'captions_not_configured'
  );
  expect(await refusal(switchCaptions(as('li'), id, true))).toBe('recording_not_in_call');
  await moves(id, `m:${world.people.li.userId}`);
  expect(await refusal(switchCaptions(as('li'), id, true))).toBe('captions_not_agreed');
  await answerOnVisit(world.as(visitor), yes);
  expect(await refusal(switchCaptions(as('li'), id, true))).toBe('captions_not_agreed');
  await answerInRoom(as('li'), id, answers({ 'ai-notes': true }));
  expect(await refusal(switchCaptions(as('nurse'), id, true))).not.toBeNull();
  await switchCaptions(as('li'), id, true);
  expect(await isOn(id)).toBe(true);
  // Not let in, and off again.
  expect(await refusal(hearUtterance(by(visitor), id, { source: once(said()), language: 'zh' }))).toBe(
    'not_admitted'
  );
  await switchCaptions(as('li'), id, false);
  expect(await refusal(hearUtterance(as('li'), id, { source: once(said()), language: 'zh' }))).toBe(
    'captions_off'
  );
});

test('[CN-26] a no while the words are being recognised comes in time: they are told to nobody', async () => {
  const { id, visitor, speaks } = await inCall();
  meanwhile = () => answerOnVisit(world.as(visitor), answers({ 'ai-notes': false }));
  expect(['captions_not_agreed', 'captions_off']).toContain(await refusal(speaks()));
  expect(told).toEqual([]);
  await ends(id);
});

test.each<[string, (of: Awaited<ReturnType<typeof inCall>>) => Promise<unknown>]>([
  ['a no', ({ visitor }) => answerOnVisit(world.as(visitor), answers({ 'ai-notes': false }))],
  ['the close of the consult', ({ id }) => closeConsult(as('li'), id, null)],
  ['somebody who comes in unasked', ({ id }) => moves(id, `m:${world.people.wang.userId}`)]
])('[CN-26] %s ends it within a second, and it does not come back', async (_, happens) => {
  const of = await inCall();
  await happens(of);
  await ends(of.id);
  // What was in the way is over.
  await answerOnVisit(world.as(of.visitor), yes).catch(() => undefined);
  await moves(of.id, `m:${world.people.wang.userId}`, 'left');
  expect(await isOn(of.id)).toBe(false);
  expect(['captions_off', 'room_not_open']).toContain(await refusal(of.speaks()));
});

test('[CN-26] only utterances go on to the recogniser', async () => {
  const { speaks } = await inCall();
  expect(await refusal(speaks(new TextEncoder().encode('RIFF')))).toBe('invalid_input');
  expect(await refusal(speaks(said(16)))).toBe('file_too_large');
});
