import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose, type Room } from '@livekit/rtc-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoomEvent } from '../../server/sfu/index.ts';
import { enter, grantFor, openMediaSite, type MediaSite } from '../support/media.ts';
import { until } from '../support/until.ts';
import { random } from '../support/random.ts';

/** How many times faster than in a clinic; 1 with `npm run prove:news`. The media server itself knows no haste. */
const haste = Number(process.env['NEWS_HASTE'] ?? 20);
const scaled = (ms: number) => ms / haste;
const lookEveryMs = scaled(10_000);
const latestMs = scaled(31_000);
const convergedWithinMs = scaled(60_000);

let folder: string;
let site: MediaSite;
const events: RoomEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-news-'));
  site = await openMediaSite({
    dataDir: folder,
    reconcileEveryMs: lookEveryMs,
    onRoomEvent: (event) => void events.push(event)
  });
  expect(await site.media.settled()).toMatchObject({ state: 'ready' });
}, 600_000);
afterAll(async () => {
  await site.close();
  await dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Who is where, as far as was told. */
function toldIn(room: string): string[] {
  const here = new Set<string>();
  for (const { identity, kind } of events.filter((event) => event.room === room))
    if (identity !== null)
      if (kind === 'joined') here.add(identity);
      else here.delete(identity);
  return [...here].sort();
}

it(
  '[SFU-6] who is where is right within a minute though news are lost, 31 s late, doubled and out of order',
  { timeout: 30_000 + 8 * convergedWithinMs },
  async () => {
    const pick = random(7);
    const chance = () => pick(1_000) / 1_000;
    const late: Promise<void>[] = [];
    const met = { lost: 0, doubled: 0, late: 0 };
    site.carryNews = (deliver) => {
      const lot = chance();
      if (lot < 0.25) return void met.lost++;
      const times = lot < 0.6 ? 2 : 1;
      if (times > 1) met.doubled++;
      for (let time = 0; time < times; time++) {
        // Each its own while: so the later overtake the earlier.
        const afterMs = chance() < 0.3 ? latestMs : chance() * latestMs;
        if (afterMs === latestMs) met.late++;
        late.push(sleep(afterMs).then(deliver));
      }
    };
    const rooms = ['consult-n1', 'consult-n2'];
    const people = ['m:1', 'm:2', 'm:3'];
    const present = new Map<string, Room>();
    for (let act = 0; act < 30; act++) {
      const [room, identity] = [rooms[act % 2]!, people[pick(people.length)]!];
      const key = `${room} ${identity}`;
      const there = present.get(key);
      if (there) {
        await there.disconnect();
        present.delete(key);
      }
      // Half of them are back at once, before anybody has heard that they had gone.
      if (!there || chance() < 0.5)
        present.set(key, await enter(site, await site.media.media.token(grantFor(room, identity))));
      await sleep(chance() * scaled(4_000));
    }
    const expected = (room: string) => people.filter((identity) => present.has(`${room} ${identity}`)).sort();
    for (const room of rooms)
      expect((await site.media.media.participants(room)).sort()).toEqual(expected(room));
    const from = performance.now();
    await until(() => rooms.every((room) => toldIn(room).join() === expected(room).join()), {
      withinMs: convergedWithinMs,
      what: 'the right list'
    });
    const tookMs = (performance.now() - from) * haste;
    // Old news that still come change nothing for longer than until the next look.
    await Promise.all(late);
    await sleep(2 * lookEveryMs);
    for (const room of rooms) expect(toldIn(room)).toEqual(expected(room));
    // Each change once: nobody comes twice without having left.
    for (const room of rooms)
      for (const identity of people) {
        const own = events.filter((event) => event.room === room && event.identity === identity);
        own.forEach(({ kind }, index) => expect(kind).toBe(index % 2 === 0 ? 'joined' : 'left'));
      }
    expect(Math.min(met.lost, met.doubled, met.late)).toBeGreaterThan(3);
    if (haste === 1) console.log(`right ${(tookMs / 1000).toFixed(1)} s after the last change`, met);
    await Promise.all([...present.values()].map((room) => room.disconnect()));
  }
);
