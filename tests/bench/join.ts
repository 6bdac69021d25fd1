// Click "Join" → first remote video frame, ours against a bare page that connects and then publishes, on the
// same media server; the same in an end-to-end encrypted call; and how soon a drawn shape is seen by the other. `npm run bench:join [-- PAIRS]`
import type { BrowserContext } from 'playwright';
import { startApp } from '../support/app.ts';
import { bareJoins, ourJoin, serveBare } from './bare.ts';
import { measureDraw } from './draw.ts';
import { createCleanUp, median, percentile, report } from './figures.ts';
import { installPeer } from './install-peer.ts';
import { enter, openBrowser, openConsult, signIn, startWithinMs } from './room.ts';

const pairs = Math.max(1, Number(process.argv[2] ?? 12));
const shapes = 30;

const cleanUp = createCleanUp();

async function main(): Promise<void> {
  const peerFolder = await installPeer('join', 'livekit-client');
  const app = await startApp({ env: { LIVEKIT_URL: '' }, withinMs: startWithinMs });
  cleanUp.add(() => app.stop());
  const [here, there] = await Promise.all([openBrowser(cleanUp), openBrowser(cleanUp)]);
  const dentist = await signIn(app, here, 'li@qinghe.demo');
  const expert = await signIn(app, there, 'zhao@hospital.demo');
  const consultId = await openConsult(app, expert);
  const room = `${app.origin}/room/${consultId}`;
  const ourJoinEncrypted = async (on: boolean) => {
    await dentist.request.patch(`${app.origin}/api/consults/${consultId}/call`, {
      data: { act: 'encrypt', on },
      headers: { origin: app.origin },
      failOnStatusCode: true
    });
    return ourJoin(room, dentist, expert);
  };
  const bare = bareJoins(await serveBare({ app, peerFolder, cleanUp }), here, there);

  // Once each, not counted: the first client of a media server pays for what all later ones find ready.
  await ourJoinEncrypted(true);
  await ourJoinEncrypted(false);
  await bare();
  const ours: number[] = [];
  const encrypted: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < pairs; i++) {
    ours.push(await ourJoinEncrypted(false));
    encrypted.push(await ourJoinEncrypted(true));
    theirs.push(await bare());
    console.log(
      `pair ${i + 1}/${pairs}: ours ${ours.at(-1)?.toFixed(0)} ms, encrypted ${encrypted.at(-1)?.toFixed(0)} ms, bare ${theirs.at(-1)?.toFixed(0)} ms`
    );
  }
  const drawn = await drawTogether(room, dentist, expert);

  await report({
    bench: 'join',
    runs: pairs,
    rows: [
      { name: 'join, ours (ms)', samples: ours },
      { name: 'join, ours, encrypted (ms)', samples: encrypted },
      { name: 'join, bare page (ms)', samples: theirs },
      { name: 'drawn → seen (ms)', samples: drawn }
    ],
    figures: [
      { name: 'join_median_ratio', value: median(ours) / median(theirs), unit: 'ratio' },
      { name: 'join_encrypted_ratio', value: median(encrypted) / median(ours), unit: 'ratio' },
      { name: 'join_encrypted_p95_ms', value: percentile(encrypted, 95), unit: 'ms' },
      { name: 'join_p95_ms', value: percentile(ours, 95), unit: 'ms' },
      { name: 'draw_seen_p95_ms', value: percentile(drawn, 95), unit: 'ms' }
    ]
  });
}

async function drawTogether(
  room: string,
  dentist: BrowserContext,
  expert: BrowserContext
): Promise<number[]> {
  const to = await enter(room, expert);
  const from = await enter(room, dentist);
  try {
    return await measureDraw({ from, to, shapes });
  } finally {
    await from.close();
    await to.close();
  }
}

try {
  await main();
} finally {
  await cleanUp.run();
}
