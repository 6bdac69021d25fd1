// Rooms of several people, one more after the other, until this machine is full: how many it holds, what forwarding
// costs, and how much of the work is our own process's. `npm run bench:load [-- --people 3 --rooms 12]`
// The people are made by @livekit/rtc-node on the same machine and need far more of it than the servers do.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { newId } from '#lib/kernel/ids.ts';
import { mintToken } from '../../server/sfu/tokens.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { createCleanUp, median, percentile, report } from './figures.ts';
import type { FromRoom, LoadOrder } from './load/room.ts';
import { startWithinMs } from './room.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '3' },
    rooms: { type: 'string', default: '12' },
    height: { type: 'string', default: '360' },
    fps: { type: 'string', default: '15' }
  }
});
const peopleInARoom = Number(values.people);
const mostRooms = Number(values.rooms);
const height = Number(values.height);
const settleMs = 3_000;
const windowMs = 6_000;
/** Full: so little of the machine is idle, or so much of what should arrive does not. */
const leastIdle = 0.05;
const leastArriving = 0.9;
/** Of /proc: clock ticks a second, as every Linux of today has it. */
const ticks = 100;

const cleanUp = createCleanUp();

/** CPU seconds used so far by processes, by who they are. */
interface Used {
  app: number;
  media: number;
  database: number;
  idle: number;
}

async function main(): Promise<void> {
  const app = await startApp({ env: { LIVEKIT_URL: '' }, withinMs: startWithinMs });
  cleanUp.add(() => app.stop());
  const keys = JSON.parse(await readFile(join(app.dataDir, 'sfu', 'keys.json'), 'utf8')) as {
    apiKey: string;
    apiSecret: string;
  };
  const { pid: media } = JSON.parse(await readFile(join(app.dataDir, 'sfu', 'livekit.pid'), 'utf8')) as {
    pid: number;
  };
  const cores = await coresOf();
  const rooms: Crowd[] = [];
  cleanUp.add(() => Promise.all(rooms.map((room) => room.end())));
  const joins: number[] = [];
  const steps: Step[] = [];
  while (rooms.length < mostRooms) {
    const crowd = new Crowd(await orderFor(app, keys));
    rooms.push(crowd);
    joins.push(...(await crowd.connected()));
    await sleep(settleMs);
    const step = await measure({ app, media, rooms, cores });
    steps.push(step);
    console.log(
      `${step.people} people in ${rooms.length} rooms: ${step.forwarded.toFixed(1)} Mbit/s out, ${step.received.toFixed(1)} in, ` +
        `${percent(step.arriving)} of the streams; CPU of one core: media server ${percent(step.media)}, our process ${percent(step.app)}, ` +
        `database ${percent(step.database)}, idle ${percent(step.idle)} of all`
    );
    if (step.idle < leastIdle || step.arriving < leastArriving) break;
  }
  const held = steps.filter(({ arriving }) => arriving >= leastArriving);
  const full = held.at(-1) ?? steps[0]!;
  const servers = held.map(({ app: own, media, database }) => own / (own + media + database));
  await report({
    bench: 'load',
    runs: steps.length,
    rows: [
      { name: 'connected (ms)', samples: joins },
      { name: 'forwarded (Mbit/s)', samples: steps.map(({ forwarded }) => forwarded) },
      { name: 'media server, of one core (%)', samples: steps.map((step) => step.media * 100) }
    ],
    figures: [
      { name: 'participants_held', value: full.people, unit: 'people' },
      { name: 'forwarded_mbit_s', value: full.forwarded, unit: 'Mbit/s' },
      { name: 'sfu_cpu_s_per_gbit', value: median(held.map(cpuOfAGbit)), unit: 's' },
      { name: 'server_cpu_share', value: median(servers), unit: 'ratio' },
      { name: 'join_p95_ms', value: percentile(joins, 95), unit: 'ms' }
    ]
  });
}

interface Step {
  people: number;
  /** Mbit/s that arrived at all people, and that they sent. */
  forwarded: number;
  received: number;
  /** Streams that arrive ÷ those that should. */
  arriving: number;
  /** Cores kept busy; `idle` is a share of the machine. */
  app: number;
  media: number;
  database: number;
  idle: number;
}

const cpuOfAGbit = ({ media, forwarded }: Step) => media / (forwarded / 1_000);
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

async function measure(at: {
  app: TestApp;
  media: number;
  rooms: readonly Crowd[];
  cores: number;
}): Promise<Step> {
  const look = async () => ({
    at: performance.now(),
    used: await usedBy(at.app, at.media),
    rooms: await Promise.all(at.rooms.map((room) => room.measure()))
  });
  const before = await look();
  await sleep(windowMs);
  const after = await look();
  const seconds = (after.at - before.at) / 1_000;
  const sum = (of: (room: Measured) => number) =>
    after.rooms.reduce((total, room, index) => total + of(room) - of(before.rooms[index]!), 0);
  const cores = (of: (used: Used) => number) => (of(after.used) - of(before.used)) / seconds;
  // Each sends a picture and a sound, which all others of the room receive.
  const expected = at.rooms.length * peopleInARoom * (peopleInARoom - 1) * 2;
  return {
    people: at.rooms.length * peopleInARoom,
    forwarded: (sum(({ receivedBytes }) => receivedBytes) * 8) / seconds / 1e6,
    received: (sum(({ sentBytes }) => sentBytes) * 8) / seconds / 1e6,
    arriving: after.rooms.reduce((total, { streams }) => total + streams, 0) / expected,
    app: cores((used) => used.app),
    media: cores((used) => used.media),
    database: cores((used) => used.database),
    idle: cores((used) => used.idle) / at.cores
  };
}

type Measured = Extract<FromRoom, { receivedBytes: number }>;

/** One room, in a process of its own. */
class Crowd {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<[FromRoom]>;

  constructor(order: LoadOrder) {
    this.#child = fork(join(import.meta.dirname, 'load', 'room.ts'), [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc']
    });
    const child = this.#child;
    this.#answers = (async function* () {
      for (;;) yield (await once(child, 'message')) as [FromRoom];
    })();
  }

  async connected(): Promise<number[]> {
    const said = await this.#next();
    if (!('connectedMs' in said)) throw new Error('measured before it was asked');
    return said.connectedMs;
  }

  async measure(): Promise<Measured> {
    const said = this.#next();
    this.#child.send('measure');
    const measured = await said;
    if (!('receivedBytes' in measured)) throw new Error('connected twice');
    return measured;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.send('end');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }

  async #next(): Promise<FromRoom> {
    const { value } = (await this.#answers.next()) as { value: [FromRoom] };
    return value[0];
  }
}

async function orderFor(app: TestApp, keys: { apiKey: string; apiSecret: string }): Promise<LoadOrder> {
  const room = newId();
  const tokens = Array.from({ length: peopleInARoom }, (_, index) =>
    mintToken(keys, {
      room,
      identity: `m:${newId()}`,
      name: `${index}`,
      role: 'member',
      canPublish: true,
      canPublishData: true
    })
  );
  return {
    url: `${app.origin.replace('http', 'ws')}/sfu`,
    tokens: await Promise.all(tokens),
    width: Math.round((height * 16) / 9),
    height,
    fps: Number(values.fps)
  };
}

/** CPU time of our process, the media server and all of Postgres below our process, and what nobody used. */
async function usedBy(app: TestApp, media: number): Promise<Used> {
  const used: Used = { app: 0, media: 0, database: 0, idle: 0 };
  const [, idle = '0'] = /^cpu +\d+ \d+ \d+ (\d+)/m.exec(await readFile('/proc/stat', 'utf8')) ?? [];
  used.idle = Number(idle) / ticks;
  const [own, sfu] = await Promise.all([timesOf(app.pid), timesOf(media)]);
  used.app = own?.seconds ?? 0;
  used.media = sfu?.seconds ?? 0;
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const times = new Map(
    (await Promise.all(all.map(timesOf))).flatMap((one) => (one ? [[one.pid, one]] : []))
  );
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === app.pid || isBelow(times.get(pid)?.parent));
  for (const { name, seconds, pid } of times.values())
    if (name === 'postgres' && isBelow(pid)) used.database += seconds;
  return used;
}

async function timesOf(
  pid: number
): Promise<{ pid: number; parent: number; name: string; seconds: number } | null> {
  // Ended in the meantime: it uses nothing any more.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat ?? '') ?? [];
  if (name === undefined || rest === undefined) return null;
  const fields = rest.split(' ');
  return { pid, name, parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / ticks };
}

async function coresOf(): Promise<number> {
  return (await readFile('/proc/stat', 'utf8')).match(/^cpu\d+ /gm)?.length ?? 1;
}

try {
  await main();
} finally {
  await cleanUp.run();
}
