import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { repositoryRoot } from '../../server/config.ts';

export interface Figure {
  name: string;
  value: number;
  unit: 'ms' | 's' | 'ratio' | 'kB' | 'bytes' | 'fps' | 'px' | 'rows/s' | 'people' | 'Mbit/s';
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Linear between the two nearest ranks. `percent` 0…100. NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(rank)] ?? NaN;
  const above = sorted[Math.ceil(rank)] ?? NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** Writes the raw samples to a file, prints a table for people and the figures as the last line. */
export async function report(options: {
  bench: string;
  runs: number;
  rows: readonly { name: string; samples: readonly number[] }[];
  figures: readonly Figure[];
}): Promise<void> {
  const { bench, runs, rows, figures } = options;
  const folder = join(repositoryRoot, 'tests', 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${bench}-${new Date().toISOString().replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify({ bench, runs, samples: rows, figures }, null, 2)}\n`);

  const cells = rows.map(({ name, samples }) => [
    name,
    String(samples.length),
    ...[0, 50, 95, 100].map((percent) => percentile(samples, percent).toFixed(0))
  ]);
  const table = [['', 'n', 'min', 'median', 'p95', 'max'], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
    );
  console.log(`raw samples: ${relative(repositoryRoot, file)}`);
  console.log(
    JSON.stringify({
      bench,
      runs,
      figures: figures.map((figure) => ({ ...figure, value: Number(figure.value.toFixed(3)) }))
    })
  );
}

export interface CleanUp {
  add: (undo: () => Promise<unknown>) => void;
  run: () => Promise<void>;
}

/** Everything to undo, undone in reverse at the end or on Ctrl-C, whatever failed in between. */
export function createCleanUp(): CleanUp {
  const undos: (() => Promise<unknown>)[] = [];
  let running: Promise<void> | null = null;
  const run = () =>
    (running ??= (async () => {
      for (const undo of undos.reverse())
        await undo().catch((error: unknown) => console.error('not cleaned up:', error));
    })());
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void run().then(() => process.exit(130)));
  return { add: (undo) => void undos.push(undo), run };
}
