// `npm test`: all that CI runs, in order, with times; closes with one line of counts.
//   npm test                    everything
//   npm test -- types lint      only these: types, lint, unit, integration, faults, build, access, e2e
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot as root } from '../server/config.ts';
import { ensureBuild } from '../server/launch/build.ts';
import { ensureMessages } from '../server/launch/messages.ts';
import { resolveBinary } from '../server/sfu/resolve.ts';
import { ensureBrowser } from './support/browser.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
interface Step {
  name: string;
  run(): Promise<Counts>;
}

const reports = join(root, 'test-results', 'reports');
const one = (ok: boolean): Counts => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });
const bin = (...path: string[]) => join(root, 'node_modules', ...path);
const programs = {
  tsc: bin('typescript', 'bin', 'tsc'),
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

/** Run one of our programs with its output on ours. @returns true where it ended with 0 */
async function program(file: string, args: string[], env: Record<string, string> = {}): Promise<boolean> {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
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

async function vitest(
  project: 'unit' | 'integration' | 'faults' | 'access',
  ...more: string[]
): Promise<Counts> {
  const file = join(reports, `${project}.json`);
  await rm(file, { force: true });
  const ok = await program(programs.vitest, [
    'run',
    '--project',
    project,
    ...more,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`
  ]);
  const result = (await report(`${project}.json`)) as VitestReport | null;
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

async function e2e(): Promise<Counts> {
  const file = join(reports, 'e2e.json');
  await rm(file, { force: true });
  const ok = await program(programs.playwright, ['test', '--reporter=list,json'], {
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

const steps: Step[] = [
  {
    name: 'types',
    run: () =>
      allOf(
        () => program(programs.tsc, ['--noEmit', '-p', 'tsconfig.json']),
        () =>
          program(programs.svelteCheck, [
            '--tsconfig',
            './tsconfig.json',
            '--fail-on-warnings',
            '--output',
            'human'
          ])
      )
  },
  {
    name: 'lint',
    run: () =>
      allOf(
        () => program(programs.eslint, ['.']),
        () => program(programs.prettier, ['--check', '.', '--log-level', 'warn']),
        () => program(programs.depcruise, ['src', 'server', 'tests', '--config', '.dependency-cruiser.cjs']),
        () => program(programs.messages, []),
        () => program(programs.licences, []),
        () => program(programs.lockfile, ['--check'])
      )
  },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'integration', run: () => vitest('integration') },
  { name: 'faults', run: () => vitest('faults', '--maxWorkers=1') },
  {
    name: 'build',
    run: async () => {
      await ensureBuild({ root });
      return { passed: 0, failed: 0, skipped: 0 };
    }
  },
  { name: 'access', run: () => vitest('access') },
  { name: 'e2e', run: e2e }
];

/** What the tests need beyond the packages: generated code, a browser, a media server. */
async function prepare(wanted: Step[]): Promise<void> {
  await mkdir(reports, { recursive: true });
  await ensureMessages(root);
  await program(programs.svelteKit, ['sync']);
  const names = new Set(wanted.map((step) => step.name));
  if (['e2e', 'integration', 'faults'].some((name) => names.has(name))) {
    process.env['CHROME_PATH'] = await ensureBrowser(root, (line) => console.log(`  ${line}`));
    await prepareMediaServer();
  }
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
    const { version, source } = await resolveBinary({ dataDir, log, onProgress });
    console.log(`  livekit-server ${version} (${source})`);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0)
    throw new Error(`unknown step ${unknown.join(', ')}: ${steps.map((s) => s.name).join(', ')}`);
  const wanted = asked.length === 0 ? steps : steps.filter((step) => asked.includes(step.name));
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];

  for (const step of [{ name: 'prepare', run: () => prepare(wanted).then(() => null) }, ...wanted]) {
    console.log(`\n== ${step.name}`);
    const began = performance.now();
    let counts: Counts | null;
    try {
      counts = await step.run();
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      counts = one(false);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const said = counts
      ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
      : 'done';
    lines.push(`${step.name.padEnd(12)} ${seconds.padStart(7)} s   ${said}`);
    total.passed += counts?.passed ?? 0;
    total.failed += counts?.failed ?? 0;
    total.skipped += counts?.skipped ?? 0;
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
