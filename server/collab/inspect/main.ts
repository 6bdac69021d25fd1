// npm run collab:inspect: what a board is made of; a board to a file and back.
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ValiError } from 'valibot';
import { readConfig } from '../../config.ts';
import { withDatabase } from '../../db/reach.ts';
import { openPool } from '../../db/pool.ts';
import { StopError } from '../../launch/stop-error.ts';
import { exportBoard, findBoard, type FoundBoard, importBoard, inspectBoard, namesOf } from './boards.ts';
import type { DocumentReport } from './report.ts';
import { RefusedBoard, readBoardFile, writeBoardFile } from './transfer.ts';

const help = `npm run collab:inspect -- CONSULT-OR-BOARD [options]

  (none)         size, authors, records by kind, tombstones, snapshot, and whether log and snapshot agree
  --json         the same as one line of JSON
  --export FILE  the whole board, with who did what when; the file holds a patient's data in the clear
  --import FILE  onto a consult without a board, or an empty board; content is judged as on a socket
  --data FOLDER  the data folder (./data, DATA_DIR)

Export and import are in the organisation's audit trail. Exit code 1: the log or the snapshot is damaged.
`;

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      export: { type: 'string' },
      import: { type: 'string' },
      data: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' }
    }
  });
  const [id] = positionals;
  if (values.help || id === undefined || positionals.length > 1 || (values.import && values.export)) {
    process.stdout.write(help);
    return values.help ? 0 : 2;
  }
  const config = readConfig(values.data ? ['--data', values.data] : [], process.env);
  return withDatabase(config, async (url) => {
    const pool = openPool({ url, max: 2, name: 'consilium-inspect', log: silent });
    const { db } = pool;
    try {
      if (values.import) {
        const file = readBoardFile(await readFile(values.import, 'utf8'));
        const documentId = await importBoard(db, id, file);
        say(`${file.log.length} updates are on board ${documentId}.`);
        return 0;
      }
      const board = await findBoard(db, id);
      if (!board) throw new StopError('There is no board with this id, nor a consult that has one.');
      if (values.export) {
        // Never over another file: it might be the only copy of something.
        const text = writeBoardFile(await exportBoard(db, board));
        await writeFile(values.export, text, { flag: 'wx', mode: 0o600 });
        say(`Board ${board.documentId} is in ${values.export}.`);
        return 0;
      }
      const report = await inspectBoard(db, board);
      const names = await namesOf(
        db,
        report.authors.map((author) => author.id)
      );
      say(values.json ? JSON.stringify({ ...board, ...report }) : describe(board, report, names));
      return report.pending || !report.agrees ? 1 : 0;
    } finally {
      await pool.end();
    }
  });
}

function describe(board: FoundBoard, report: DocumentReport, names: Record<string, string>): string {
  const { snapshot, authors, records } = report;
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} kB`;
  const state = board.closedAt ? `closed ${board.closedAt.toISOString()}` : 'open';
  return [
    `board ${board.documentId}  consult ${board.consultId}  ${state}`,
    `  size         ${kilobytes(report.stateBytes)} as sent to a newcomer; log ${kilobytes(report.logBytes)} in ${report.updates} updates`,
    `  snapshot     ${snapshot ? `${kilobytes(snapshot.bytes)}, up to update ${snapshot.upTo}` : 'none yet'}`,
    `  content      ${report.items} items of ${report.clients} clients, ${report.tombstones} of them tombstones`,
    `  records      ${Object.entries(records)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
    ...authors.map(
      ({ id, updates, bytes, first, last }) =>
        `  author       ${names[id] ?? id}: ${updates} updates, ${kilobytes(bytes)}, ${first.toISOString()} – ${last.toISOString()}`
    ),
    report.pending ? '  ✗ something builds on updates that are not there' : '  ✓ nothing is pending',
    report.agrees ? '  ✓ snapshot and log agree' : '  ✗ snapshot and log differ'
  ].join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  const text =
    error instanceof ValiError || error instanceof SyntaxError
      ? 'The file is not a board written by --export.'
      : error instanceof RefusedBoard
        ? `Not imported: ${error.message}.`
        : error instanceof Error
          ? error.message
          : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 2;
}
