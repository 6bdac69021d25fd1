// npm run prove:apart | prove:call | prove:convergence | prove:reconnects | prove:ledger | prove:news | prove:soak | prove:large: what the tests show in a few rounds, in many.
// Real engine processes on a Postgres of their own; of the call, real browsers on a real media server. Ends with 1 where something was lost.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../../server/config.ts';
import { startPostgres, type EmbeddedPostgres } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/migrate.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { withNetworks } from '../support/namespace.ts';
import { silent } from '../support/silent.ts';
import { proveCall } from './call.ts';
import { loadLarge } from './large.ts';
import { proveLedger } from './ledger.ts';
import { random } from '../support/random.ts';
import { ProvingSite } from './site.ts';
import { soak } from './soak.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '420' },
    seeds: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '200' },
    cycles: { type: 'string', default: '1000' },
    shapes: { type: 'string', default: '10000' },
    tombstones: { type: 'string', default: '1000000' },
    times: { type: 'string', default: '20' },
    'hard-times': { type: 'string', default: '10' },
    dark: { type: 'string', default: '60' },
    only: { type: 'string' },
    encrypted: { type: 'boolean', default: false }
  }
});
const say = (text: string) => process.stdout.write(`${text}\n`);
const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MB`;

/** A Postgres of its own, durable as the app's. */
async function withPostgres<T>(
  work: (postgres: { urls: { ownerUrl: string; appUrl: string }; restart: () => Promise<void> }) => Promise<T>
): Promise<T> {
  const dataDir = await makeDataDir();
  let server: EmbeddedPostgres = await startPostgres({ dataDir, log: silent });
  try {
    const { appUrl } = await migrate(server.ownerUrl);
    const restart = async () => {
      await server.stop();
      server = await startPostgres({ dataDir, log: silent });
    };
    return await work({ urls: { ownerUrl: server.ownerUrl, appUrl }, restart });
  } finally {
    await server.stop();
    await removeDataDir(dataDir);
  }
}

/** A test of `npm test`, in more rounds than there. */
async function rounds(file: string, name: string, env: Record<string, string>): Promise<boolean> {
  const vitest = join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const project = file.startsWith('tests/contract/') ? 'contract' : 'integration';
  const args = [vitest, 'run', '--project', project, file, '-t', name, '--silent'];
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    stdio: 'inherit',
    env: { ...process.env, ...env }
  });
  return (await new Promise((done) => child.once('close', done))) === 0;
}

async function convergence(): Promise<boolean> {
  const { seeds } = values;
  const all = await rounds('tests/collab/convergence.test.ts', 'CO-5', { SEEDS: seeds });
  say(`${seeds} seeds, each two to six people on one or two nodes: ${all ? 'all converged' : 'FAILED'}`);
  return all;
}

/** Two nodes whose Redis is away, while people draw on both. */
async function apart(): Promise<boolean> {
  const { seconds } = values;
  const all = await rounds('tests/collab/nodes.test.ts', 'Redis is killed', { APART_SECONDS: seconds });
  say(`Redis away for ${seconds} s: ${all ? 'all was saved, and all converged when it was back' : 'FAILED'}`);
  return all;
}

/** The media server's news lost, late, doubled and out of order, at the pace of a clinic. */
async function news(): Promise<boolean> {
  const all = await rounds('tests/contract/media-news.test.ts', 'SFU-6', { NEWS_HASTE: '1' });
  say(`news lost, 31 s late, doubled and out of order: ${all ? 'the right list within 60 s' : 'FAILED'}`);
  return all;
}

/** Leave, and come back after each millisecond around the moment at which the document leaves memory. */
async function reconnects(): Promise<boolean> {
  const all = await rounds('tests/collab/proofs.test.ts', 'CO-9', { RECONNECT_STEP: '1' });
  say(`back after 0, 1 … 200 ms: ${all ? 'nothing lost, no empty board' : 'FAILED'}`);
  return all;
}

/** Faults of the line in a call, in a network of its own. */
async function call(): Promise<boolean> {
  const inside = 'CONSILIUM_PROVE_INSIDE';
  if (process.env[inside]) {
    const [times, hardTimes, darkSeconds] = [values.times, values['hard-times'], values.dark].map(Number);
    const only = values.only?.split(',') ?? null;
    const { encrypted } = values;
    return proveCall({
      times: times!,
      hardTimes: hardTimes!,
      darkSeconds: darkSeconds!,
      only,
      encrypted,
      say
    });
  }
  const [program = '', ...before] = withNetworks();
  const child = spawn(program, [...before, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [inside]: '1' }
  });
  return (await new Promise((done) => child.once('close', done))) === 0;
}

async function ledger(): Promise<boolean> {
  return withPostgres(async ({ urls, restart }) => {
    const site = new ProvingSite(urls, { idleMs: 50, snapshotRows: 8, retryMs: 20, careMs: 20, restMs: 0 });
    try {
      const began = performance.now();
      const result = await proveLedger(site, {
        kills: Number(values.kills),
        pick: random(Date.now()),
        afterKill: async (kill) => {
          if (kill % 20 === 0) await restart();
          if (kill % 10 === 0) say(`  ${kill} kills, ${((performance.now() - began) / 1000).toFixed(0)} s`);
        }
      });
      say(
        `${result.kills} × kill -9, Postgres restarted at each 20th: ${result.told} entries told to be saved, ${result.lost} lost; ${result.rows} rows, ${result.compactions} times compacted meanwhile`
      );
      return result.lost === 0;
    } finally {
      await site.close();
    }
  });
}

async function soaked(): Promise<boolean> {
  return withPostgres(async ({ urls }) => {
    const site = new ProvingSite(urls, { idleMs: 1, saveMs: 1 });
    try {
      const cycles = Number(values.cycles);
      const { samples, slope } = await soak(site, { cycles, sampleEvery: Math.ceil(cycles / 20) });
      for (const { cycle, heap } of samples) say(`  ${String(cycle).padStart(6)}  ${megabytes(heap)}`);
      say(`${cycles} × open, edit, close: the heap grows by ${slope.toFixed(0)} bytes a cycle`);
      return true;
    } finally {
      await site.close();
    }
  });
}

async function large(): Promise<boolean> {
  return withPostgres(async ({ urls }) => {
    const site = new ProvingSite(urls, {});
    try {
      const [shapes, tombstones] = [Number(values.shapes), Number(values.tombstones)];
      const result = await loadLarge(site, { shapes, tombstones });
      say(
        `${shapes} shapes and ${tombstones} tombstones: ${megabytes(result.stateBytes)} stored; first client in ${result.firstMs.toFixed(0)} ms (load, send, receive), second in ${result.nextMs.toFixed(0)} ms, the server meanwhile never stalled for longer than ${result.firstStallMs.toFixed(0)} and ${result.nextStallMs.toFixed(0)} ms; ${megabytes(result.memoryBytes)} of the server's memory; one change seen after ${result.changeMs.toFixed(0)} ms`
      );
      return true;
    } finally {
      await site.close();
    }
  });
}

const proofs = { apart, call, convergence, news, reconnects, ledger, soak: soaked, large };
const [name] = positionals;
if (name === undefined || !(name in proofs)) throw new Error(`one of ${Object.keys(proofs).join(', ')}`);
process.exitCode = (await proofs[name as keyof typeof proofs]()) ? 0 : 1;
