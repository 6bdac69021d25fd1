// `npm run bench:trust`: what proof and protection cost, and the same at ten times the rows.
// A part is a function of tests/bench/trust/: add it to `parts`.
import { parseArgs } from 'node:util';
import { startPostgres } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/migrate.ts';
import { openPool } from '../../server/db/pool.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { createCleanUp, report, type Figure } from './figures.ts';
import { auditPart } from './trust/audit.ts';
import { encryptedReadPart } from './trust/encrypted-read.ts';
import type { Part } from './trust/part.ts';
import { rlsPart } from './trust/rls.ts';

const parts: readonly Part[] = [auditPart, rlsPart, encryptedReadPart];

const { values } = parseArgs({ options: { rows: { type: 'string' }, pairs: { type: 'string' } } });
const rows = Number(values.rows ?? 20_000);
const pairs = Number(values.pairs ?? 20);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const cleanUp = createCleanUp();
try {
  const dataDir = await makeDataDir();
  cleanUp.add(() => removeDataDir(dataDir));
  const server = await startPostgres({ dataDir, log: silent });
  cleanUp.add(() => server.stop());
  const urls = await migrate(server.ownerUrl);
  const app = openPool({ url: urls.appUrl, max: 4, log: silent });
  cleanUp.add(() => app.end());
  const system = openPool({ url: urls.systemUrl, max: 2, log: silent });
  cleanUp.add(() => system.end());

  const samples: { name: string; samples: readonly number[] }[] = [];
  const figures: Figure[] = [];
  for (const [scale, suffix] of [
    [1, ''],
    [10, '_10x']
  ] as const)
    for (const part of parts) {
      const result = await part({
        ownerUrl: server.ownerUrl,
        db: app.db,
        systemDb: system.db,
        appUrl: urls.appUrl,
        dataDir,
        log: silent,
        rows: rows * scale,
        pairs,
        say: (text) => process.stderr.write(`${text}\n`)
      });
      samples.push(...result.rows.map((row) => ({ ...row, name: row.name + suffix })));
      figures.push(...result.figures.map((figure) => ({ ...figure, name: figure.name + suffix })));
    }
  await report({ bench: 'trust', runs: pairs, rows: samples, figures });
} finally {
  await cleanUp.run();
}
