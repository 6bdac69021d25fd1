// `npm test`: all that CI runs, in order, with times; closes with one line of counts.
//   npm test                    everything
//   npm test -- types lint      only these: types, lint, unit, integration, faults, build, access, e2e
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, repositoryRoot as root } from '../server/config.ts';
import { ensureBuild } from '../server/launch/build.ts';
import { ensureMessages } from '../server/launch/messages.ts';
import { resolveBinary } from '../server/sfu/resolve.ts';
import { ensureBrowser } from './support/browser.ts';
import { shareDemoWorld } from './support/demo-world.ts';
import { ensureRedis } from './support/redis.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
/** Where a program's output goes: to ours, or into a file that is shown when its lane has ended. */
type Output = 'inherit' | number;
interface Step {
  name: string;
  run(output: Output): Promise<Counts>;
}
/** Steps one after another. */
type Lane = readonly Step[];

const sources = ['src', 'server', 'tests'];
const reports = join(root, 'test-results', 'reports');
const one = (ok: boolean): Counts => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });
const bin = (...path: string[]) => join(root, 'node_modules', ...path);
const programs = {
  svelteCheck: bin('svelte-check', 'bin', 'svelte-check'),
  svelteKit: bin('@sveltejs', 'kit', 'svelte-kit.js'),
  eslint: bin('eslint', 'bin', 'eslint.js'),
  prettier: bin('prettier', 'bin', 'prettier.cjs'),
  depcruise: bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
  vitest: bin('vitest', 'vitest.mjs'),
  playwright: bin('playwright', 'cli.js'),
  messages: join(root, 'tests', 'support', 'lint-messages.mjs'),
  licences: join(root, 'tests', 'support', 'licences.ts'),
  lockfile: join(root, 'tests', 'support', 'complete-lockfile.mjs')
};

/** A step that hangs must not take the run with it. */
const stepLimitMs = 20 * 60_000;
const running = new Set<ChildProcess>();

/** Run one of our programs. @returns true where it ended with 0 */
async function program(
  output: Output,
  file: string,
  args: string[],
  env: Record<string, string> = {}
): Promise<boolean> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    timeout: stepLimitMs,
    killSignal: 'SIGKILL'
  });
  running.add(child);
  const code = await new Promise<number | null>((done) => {
    child.once('error', (error) => {
      console.error(error.message);
      done(1);
    });
    child.once('close', done);
  });
  running.delete(child);
  return code === 0;
}

async function report(name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(reports, name), 'utf8')) as unknown;
  } catch {
    console.error(`no report ${name}: the runner did not get to its end`);
    return null;
  }
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

async function vitest(output: Output, name: string, ...more: string[]): Promise<Counts> {
  const file = join(reports, `${name}.json`);
  await rm(file, { force: true });
  const ok = await program(output, programs.vitest, [
    'run',
    `--project=${name}`,
    ...more,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`
  ]);
  const result = (await report(`${name}.json`)) as VitestReport | null;
  if (!result) return one(false);
  // A file that could not even be loaded has no tests of its own: it counts as one failure.
  const unloaded = result.testResults.filter(
    (f) => f.status === 'failed' && f.assertionResults.length === 0
  ).length;
  const failed = result.numFailedTests + unloaded;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests
  };
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
}

async function e2e(output: Output): Promise<Counts> {
  const file = join(reports, 'e2e.json');
  await rm(file, { force: true });
  const ok = await program(output, programs.playwright, ['test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file
  });
  const result = (await report('e2e.json')) as PlaywrightReport | null;
  if (!result) return one(false);
  const { expected, unexpected, flaky, skipped } = result.stats;
  return { passed: expected + flaky, failed: unexpected === 0 && !ok ? 1 : unexpected, skipped };
}

/** All of them, so that one run names every finding; two at a time, as each keeps one core busy. */
async function allOf(...runs: (() => Promise<boolean>)[]): Promise<Counts> {
  let ok = true;
  const waiting = [...runs];
  const lane = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) if (!(await run())) ok = false;
  };
  await Promise.all([lane(), lane()]);
  return one(ok);
}

const steps = {
  types: {
    name: 'types',
    // All files of the tsconfig, those without a component too.
    run: async (output) =>
      one(
        await program(output, programs.svelteCheck, [
          ...['--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human']
        ])
      )
  },
  lint: {
    name: 'lint',
    run: (output) =>
      allOf(
        () => program(output, programs.eslint, ['.']),
        () => program(output, programs.prettier, ['--check', '.', '--log-level', 'warn']),
        () => program(output, programs.depcruise, [...sources, '--config', '.dependency-cruiser.cjs']),
        () => program(output, programs.messages, []),
        () => program(output, programs.licences, []),
        () => program(output, programs.lockfile, ['--check'])
      )
  },
  unit: { name: 'unit', run: (output) => vitest(output, 'unit') },
  integration: { name: 'integration', run: (output) => vitest(output, 'integration', '--project=contract') },
  build: {
    name: 'build',
    run: async () => {
      await ensureBuild({ root });
      return { passed: 0, failed: 0, skipped: 0 };
    }
  },
  // One at a time: some want the ports of an app that was killed.
  faults: { name: 'faults', run: (output) => vitest(output, 'faults', '--maxWorkers=1') },
  access: { name: 'access', run: (output) => vitest(output, 'access') },
  e2e: { name: 'e2e', run: e2e }
} satisfies Record<string, Step>;

/** One after another; the lanes of a stage side by side. Faults wait more than they work. */
const stages: readonly (readonly Lane[])[] = [
  [[steps.build]],
  [
    [steps.types, steps.lint, steps.unit, steps.integration],
    [steps.access, steps.faults]
  ],
  [[steps.e2e]]
];

/** What the tests need beyond the packages: generated code, a browser, Redis, a media server, the demo world. */
async function prepare(names: Set<string>): Promise<() => Promise<void>> {
  await mkdir(reports, { recursive: true });
  await ensureMessages(root);
  await program('inherit', programs.svelteKit, ['sync']);
  if (['e2e', 'integration', 'faults'].some((name) => names.has(name))) {
    const say = (line: string) => console.log(`  ${line}`);
    process.env['CHROME_PATH'] = await ensureBrowser(root, say);
    process.env['REDIS_SERVER'] = await ensureRedis(say);
    await prepareMediaServer();
  }
  if (!['e2e', 'faults'].some((name) => names.has(name))) return async () => {};
  await ensureBuild({ root });
  return shareDemoWorld();
}

/** Found or built once and kept in the cache, so that no test waits minutes for it. */
async function prepareMediaServer(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'consilium-media-'));
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  let said = '';
  const onProgress = ({ message }: { message: string }) => {
    if (message !== said) console.log(`  ${message}`);
    said = message;
  };
  try {
    const release = readConfig([], process.env).media?.release;
    const { version, source } = await resolveBinary({ dataDir, release, log, onProgress });
    console.log(`  livekit-server ${version} (${source})`);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const known = stages.flat(2).map((step) => step.name);
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`unknown step ${unknown.join(', ')}: ${known.join(', ')}`);
  const wanted = new Set(asked.length === 0 ? known : asked);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];

  const runStep = async (step: Step, output: Output) => {
    const began = performance.now();
    const counts = await step.run(output).catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return one(false);
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { passed, failed, skipped } = counts;
    lines.push(
      `${step.name.padEnd(12)} ${seconds.padStart(7)} s   ${passed} passed, ${failed} failed, ${skipped} skipped`
    );
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  };
  /** The first lane speaks while it runs; another one's words are kept until its end, or nobody could read either. */
  const runLane = async (lane: Lane, first: boolean) => {
    for (const step of lane.filter(({ name }) => wanted.has(name))) {
      if (first) console.log(`\n== ${step.name}`);
      if (first) await runStep(step, 'inherit');
      else await runApart(step);
    }
  };
  const runApart = async (step: Step) => {
    const file = join(reports, `${step.name}.log`);
    const log = await open(file, 'w');
    await runStep(step, log.fd);
    await log.close();
    console.log(`\n== ${step.name}\n${await readFile(file, 'utf8')}`);
  };

  console.log('\n== prepare');
  const began = performance.now();
  const cleanUp = await prepare(wanted);
  lines.push(`${'prepare'.padEnd(12)} ${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s`);
  try {
    for (const stage of stages) await Promise.all(stage.map((lane, i) => runLane(lane, i === 0)));
  } finally {
    await cleanUp();
  }
  console.log(`\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(130);
  });

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
