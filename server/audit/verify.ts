// `npm run audit:verify`: goes over every audit trail and says whether it is whole, and where it is not.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { systemClock } from '#lib/kernel/clock.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { Finding } from '#lib/features/audit/chain.server.ts';
import { parseVerifierKey } from '#lib/features/audit/checkpoint.server.ts';
import { composeCheckpoints, composeKeys } from '../compose-keys.ts';
import { readConfig, type Config } from '../config.ts';
import { openPool } from '../db/pool.ts';
import { withDatabase } from '../db/reach.ts';
import { masterKeys } from '../launch/instance.ts';
import { StopError } from '../launch/stop-error.ts';
import { checkTrail, organisationsWithTrail, type TrailReport } from './check.ts';

const help = `npm run audit:verify -- [options]

  --organisation ID     only this one's trail
  --data FOLDER         the data folder (./data, DATA_DIR)
  --checkpoints FOLDER  checkpoint files and keys from elsewhere, such as the copies kept off this machine
                        (<data>/audit)
  --json                one line of JSON for each trail

Exit code 0: every trail is whole; 1: one is not; 2: it could not be found out.
`;

const say = (text: string) => process.stdout.write(`${text}\n`);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      organisation: { type: 'string' },
      data: { type: 'string' },
      checkpoints: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' }
    }
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (values.organisation !== undefined && !isId(values.organisation))
    throw new StopError('--organisation is not an id');
  const config = readConfig(values.data ? ['--data', values.data] : [], process.env);
  const folder = values.checkpoints ?? join(config.dataDir, 'audit');
  return withDatabase(config, async (url) => {
    const pool = openPool({ url, max: 1, name: 'consilium-audit', log: silent });
    const sql = postgres(url, { max: 2, onnotice: () => {}, connection: { statement_timeout: 0 } });
    try {
      const named = (await filesIn(folder, '.checkpoints')).filter(isId);
      const all = values.organisation ? [values.organisation] : await organisationsWithTrail(sql, named);
      const localKeys = await keysIfThere(config);
      const { db } = pool;
      const files = localKeys
        ? composeKeys({ config, localKeys, db, systemDb: db, clock: systemClock, log: silent }).files
        : null;
      // The files in the data folder must be signed with its own key; copies bring theirs.
      const keyThere = await stat(join(config.dataDir, 'audit.key')).then(
        () => true,
        () => false
      );
      const ownKey = keyThere && !values.checkpoints ? (await composeCheckpoints(config)).publicKey : null;
      let whole = true;
      for (const organisationId of all) {
        const began = performance.now();
        const checkpoints = await checkpointsOf(folder, organisationId, ownKey);
        const report = await checkTrail({ sql, organisationId, checkpoints, files });
        whole &&= report.findings.length === 0;
        const seconds = (performance.now() - began) / 1000;
        say(values.json ? JSON.stringify({ ...report, seconds }) : describe(report, seconds));
      }
      if (all.length === 0 && !values.json) say('No audit trail yet.');
      return whole ? 0 : 1;
    } finally {
      await Promise.all([sql.end(), pool.end()]);
    }
  });
}

/** @returns the checkpoint file and the key to check it with: our own, or the one beside the copies */
async function checkpointsOf(folder: string, organisationId: string, ownKey: Uint8Array | null) {
  const read = (ending: string) => readFile(join(folder, `${organisationId}.${ending}`), 'utf8');
  if (!(await filesIn(folder, '.checkpoints')).includes(organisationId))
    return { file: '', publicKey: ownKey ?? new Uint8Array(32) };
  return { file: await read('checkpoints'), publicKey: ownKey ?? parseVerifierKey(await read('pub')) };
}

/** Names, without their ending, of the files that have it. */
async function filesIn(folder: string, ending: string): Promise<string[]> {
  const there = await stat(folder).then(
    () => true,
    () => false
  );
  if (!there) return [];
  return (await readdir(folder))
    .filter((name) => name.endsWith(ending))
    .map((n) => n.slice(0, -ending.length));
}

async function keysIfThere(config: Config): Promise<readonly Buffer[] | null> {
  if (config.masterKey) return masterKeys(config);
  const there = await stat(join(config.dataDir, 'master.key')).then(
    () => true,
    () => false
  );
  return there ? masterKeys(config) : null;
}

function describe(report: TrailReport, seconds: number): string {
  const { organisationId, events, archived, findings, agreed, startedAfter } = report;
  const lines = [
    `${findings.length === 0 ? '✓' : '✗'} ${organisationId}  ${events} events` +
      `${archived > 0 ? ` (${archived} archived)` : ''}, ${(events / seconds).toFixed(0)} a second`,
    agreed
      ? `    agrees with the checkpoint of ${agreed.at} at event ${agreed.size}`
      : '    no checkpoint to compare with: a trail written anew as a whole would not be noticed'
  ];
  if (startedAfter > 0)
    lines.push(`    events 1–${startedAfter} are older than the chain and were put into it later`);
  return [...lines, ...findings.map((finding) => `    ✗ ${wordsOf(finding)}`)].join('\n');
}

function wordsOf(finding: Finding): string {
  switch (finding.kind) {
    case 'changed':
      return `event ${finding.number} was changed (or the one before it together with its hash)`;
    case 'reordered':
      return `events ${finding.numbers.join(', ')} stand in each other's place`;
    case 'missing':
      return `events ${finding.first}–${finding.last} are missing${finding.renumbered ? ', those after them were renumbered' : ''}`;
    case 'truncated':
      return `the last events, ${finding.first}–${finding.last}, are missing`;
    case 'rewritten':
      return `events between ${finding.first} and ${finding.last} are not those of the signed checkpoint at ${finding.last}`;
    case 'checkpoint':
      return `the checkpoint at event ${finding.size} is not genuine (${finding.reason})`;
    case 'checkpoints-lost':
      return `checkpoints up to event ${finding.number} were written and are not in the file`;
    case 'head':
      return `the chain's end in the database is not event ${finding.number}`;
    case 'archive':
      return `the archive of events ${finding.first}–${finding.last} cannot be read`;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
