// The call over a bad line (tests/support/line), ours beside a page with livekit-client as it comes, in turn:
// frozen pictures and made-up sound at 5 % and 20 % loss each way, joining at a round trip of 100 ms and at 20 % loss,
// the first picture with UDP closed, what hidden tiles cost, what "low data" spares, and simulcast beside SVC.
// `npm run bench:media [-- --pairs N --only loss5,loss20,delay,join20,tcp,tiles,low,codec]`
import { parseArgs } from 'node:util';
import { startApp } from '../support/app.ts';
import { lineEnvironment, openLine, type LineConditions } from '../support/line/simulator.ts';
import { bareJoins, ourJoin, serveBare } from './bare.ts';
import { createCleanUp, median, report, type Figure } from './figures.ts';
import { installPeer } from './install-peer.ts';
import { measureWay, ways, type Sent, type Way } from './media/codecs.ts';
import { measureLowData } from './media/low-data.ts';
import { see, watch, type Seen } from './media/seen.ts';
import { measureTiles } from './media/tiles.ts';
import { enter, openBrowser, openConsult, patienceMs, signIn, startWithinMs } from './room.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    only: { type: 'string', default: 'loss5,loss20,delay,join20,tcp,tiles,low,codec' }
  }
});
const pairs = Math.max(1, Number(values.pairs));
const parts = new Set(values.only.split(','));
const watchMs = Number(values.seconds) * 1_000;
/** The line is bad from here on: what a call does in its first moments on it is not measured. */
const settleMs = 10_000;

const lossy = (loss: number): Partial<LineConditions> => ({
  up: { loss, delayMs: 15, jitterMs: 5 },
  down: { loss, delayMs: 15, jitterMs: 5 }
});
const delayed: Partial<LineConditions> = { up: { delayMs: 50 }, down: { delayMs: 50 } };

const cleanUp = createCleanUp();
const rows: { name: string; samples: number[] }[] = [];
const figures: Figure[] = [];
const figure = (name: string, value: number, unit: Figure['unit']) =>
  void figures.push({ name, value, unit });

async function main(): Promise<void> {
  const peerFolder = await installPeer('join', 'livekit-client');
  const app = await startApp({ env: lineEnvironment, withinMs: startWithinMs });
  cleanUp.add(() => app.stop());
  const line = await openLine({ app });
  cleanUp.add(() => line.close());
  const seen = { ...app, origin: line.origin };
  const [here, there] = await Promise.all([openBrowser(cleanUp), openBrowser(cleanUp)]);
  const dentist = await signIn(seen, here, 'li@qinghe.demo');
  const expert = await signIn(seen, there, 'zhao@hospital.demo');
  const roomName = await openConsult(seen, expert);
  const room = `${line.origin}/room/${roomName}`;
  const pages = await serveBare({
    app,
    peerFolder,
    cleanUp,
    signalUrl: line.signalUrl,
    prepareAll: line.lead
  });
  const bare = bareJoins(pages, here, there);
  await Promise.all([line.lead(dentist), line.lead(expert)]);
  await watch(dentist);

  /** Once each, not counted, then in turn. */
  const inTurn = async <T>(name: string, ours: () => Promise<T>, theirs: () => Promise<T>) => {
    const taken: { ours: T[]; theirs: T[] } = { ours: [], theirs: [] };
    for (let i = 0; i < pairs; i++) {
      taken.ours.push(await ours());
      taken.theirs.push(await theirs());
      console.log(`${name} ${i + 1}/${pairs}:`, taken.ours.at(-1), taken.theirs.at(-1));
    }
    return taken;
  };
  const joins = async (name: string, conditions: Partial<LineConditions>) => {
    line.set(conditions);
    const { ours, theirs } = await inTurn(name, () => ourJoin(room, dentist, expert, { board: false }), bare);
    rows.push({ name: `${name}, ours (ms)`, samples: ours }, { name: `${name}, bare (ms)`, samples: theirs });
    return { ours, theirs };
  };

  const watchOurs = async (conditions: Partial<LineConditions>): Promise<Seen> => {
    line.set({});
    const other = await enter(room, expert, { board: false });
    const page = await enter(room, dentist, { board: false });
    try {
      line.set(conditions);
      await page.waitForTimeout(settleMs);
      return await see(page, watchMs);
    } finally {
      await Promise.all([page.close(), other.close()]);
    }
  };
  let call = 0;
  const watchBare = async (conditions: Partial<LineConditions>): Promise<Seen> => {
    line.set({});
    const name = `lossy-${call++}`;
    const other = await pages.open(there, { room: name, identity: 'there', auto: true });
    const page = await pages.open(here, { room: name, identity: 'here', auto: true, prepare: watch });
    try {
      await page.waitForSelector('[data-live=true]', { timeout: patienceMs });
      await page.waitForTimeout(1_500);
      line.set(conditions);
      await page.waitForTimeout(settleMs);
      return await see(page, watchMs);
    } finally {
      await Promise.all([page.context().close(), other.context().close()]);
    }
  };
  const watched = async (percent: number) => {
    const conditions = lossy(percent / 100);
    const { ours, theirs } = await inTurn(
      `${percent} % lost`,
      () => watchOurs(conditions),
      () => watchBare(conditions)
    );
    for (const [name, unit] of [
      ['frozen', 100],
      ['concealed', 100],
      ['fps', 1],
      ['height', 1]
    ] as const)
      for (const [who, all] of [
        ['ours', ours],
        ['bare', theirs]
      ] as const)
        rows.push({
          name: `${percent} % lost: ${name}${unit === 100 ? ' (%)' : ''}, ${who}`,
          samples: all.map((one) => one[name] * unit)
        });
    const of = (all: Seen[], name: keyof Seen) => median(all.map((one) => one[name]));
    figure(`freeze_ratio_${percent}`, of(ours, 'frozen') / of(theirs, 'frozen'), 'ratio');
    if (percent !== 20) return;
    figure('concealed_ratio_20', of(ours, 'concealed') / of(theirs, 'concealed'), 'ratio');
    figure('fps_20', of(ours, 'fps'), 'fps');
    figure('height_20', of(ours, 'height'), 'px');
  };

  if (parts.has('delay') || parts.has('join20') || parts.has('tcp')) {
    line.set({});
    // Not counted: the first client of a media server pays for what all later ones find ready.
    await ourJoin(room, dentist, expert, { board: false });
    await bare();
  }
  if (parts.has('delay')) {
    const { ours, theirs } = await joins('join at 100 ms', delayed);
    figure('join_ratio_100ms', median(ours) / median(theirs), 'ratio');
  }
  if (parts.has('join20')) {
    const { ours, theirs } = await joins('join at 20 % lost', lossy(0.2));
    figure('join_20_first_frame_ms', median(ours), 'ms');
    figure('join_20_first_frame_bare_ms', median(theirs), 'ms');
  }
  if (parts.has('tcp')) {
    const { ours, theirs } = await joins('join with UDP closed', { udp: false });
    figure('tcp_first_frame_ms', median(ours), 'ms');
    figure('tcp_first_frame_bare_ms', median(theirs), 'ms');
  }
  if (parts.has('loss5')) await watched(5);
  if (parts.has('loss20')) await watched(20);
  if (parts.has('tiles')) {
    line.set({});
    const { on, off } = await measureTiles({
      ...{ app, line, room, roomName, dentist, here, pages },
      rounds: pairs
    });
    rows.push({ name: 'six shown, four hidden: ours (kB/s)', samples: on });
    rows.push({ name: 'six shown, four hidden: bare (kB/s)', samples: off });
    figure('hidden_tiles_bytes_ratio', median(on) / median(off), 'ratio');
  }
  if (parts.has('low')) {
    line.set({});
    const all = await measureLowData({ room, dentist, expert, rounds: pairs });
    for (const [name, samples] of Object.entries(all))
      rows.push({ name: `low data: ${name} (kbit/s)`, samples });
    figure('low_data_received_ratio', median(all.receivedLow) / median(all.received), 'ratio');
    figure('low_data_sent_ratio', median(all.sentLow) / median(all.sent), 'ratio');
  }
  if (parts.has('codec')) {
    line.set({});
    const names = Object.keys(ways) as Way[];
    const taken = new Map<Way, Sent[]>(names.map((way) => [way, []]));
    for (let i = 0; i < pairs; i++)
      for (const [at, way] of names.entries()) {
        taken.get(way)!.push(await measureWay({ way, room: `codec-${at}-${i}`, pages, here, there }));
        console.log(`codec ${i + 1}/${pairs}, ${way}:`, taken.get(way)!.at(-1));
      }
    const told = (name: string, of: (sent: Sent) => number) => {
      for (const way of names) rows.push({ name: `${way}: ${name}`, samples: taken.get(way)!.map(of) });
    };
    told('sent (kbit/s)', ({ kbps }) => kbps);
    told('encoder for each picture (ms)', ({ encodeMs }) => encodeMs);
    for (const size of ['high', 'low'] as const) {
      told(`taken ${size} (tenths of dB)`, (sent) => sent[size].decibels * 10);
      told(`taken ${size} (px)`, (sent) => sent[size].height);
      told(`taken ${size} (frames a second)`, (sent) => sent[size].fps);
    }
    const of = (way: Way, what: 'kbps' | 'encodeMs') => median(taken.get(way)!.map((sent) => sent[what]));
    figure('svc_sent_ratio', of('SVC', 'kbps') / of('simulcast', 'kbps'), 'ratio');
    figure('svc_encode_ratio', of('SVC', 'encodeMs') / of('simulcast', 'encodeMs'), 'ratio');
  }
  await report({ bench: 'media', runs: pairs, rows, figures });
}

try {
  await main();
} finally {
  await cleanUp.run();
}
