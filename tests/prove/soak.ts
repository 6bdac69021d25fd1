import { until } from '../support/until.ts';
import type { ProvingSite } from './site.ts';

export interface SoakResult {
  cycles: number;
  /** Bytes of heap and buffers after a garbage collection, by cycle. */
  samples: { cycle: number; heap: number }[];
  /** Bytes a cycle, least squares over the samples. */
  slope: number;
}

const boards = 20;

/**
 * Open, edit, close, again and again, each time so that the document leaves memory; what stays behind is a leak.
 *
 * @param site its limits should let documents leave memory at once
 */
export async function soak(
  site: ProvingSite,
  { cycles, sampleEvery }: { cycles: number; sampleEvery: number }
): Promise<SoakResult> {
  const keys = await Promise.all(Array.from({ length: boards }, () => site.board()));
  await site.start();
  const samples: SoakResult['samples'] = [];
  // The first cycles fill caches and pools.
  for (let cycle = -boards; cycle <= cycles; cycle++) {
    const client = site.connect('soaker', keys[Math.abs(cycle) % boards]!);
    client.provider.awareness.setLocalState({ cycle });
    await until(() => client.provider.synced);
    for (let edit = 0; edit < 20; edit++) client.records.set(`k${edit % 7}`, cycle * 100 + edit);
    await until(() => client.state === 'saved');
    site.disconnect(client);
    if (cycle < 0 || cycle % sampleEvery !== 0) continue;
    await until(async () => (await site.memory()).documents === 0);
    samples.push({ cycle, heap: (await site.memory()).heap });
  }
  return { cycles, samples, slope: slopeOf(samples) };
}

function slopeOf(samples: SoakResult['samples']): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ cycle }) => cycle)), mean(samples.map(({ heap }) => heap))];
  const covariance = mean(samples.map(({ cycle, heap }) => (cycle - x) * (heap - y)));
  return covariance / mean(samples.map(({ cycle }) => (cycle - x) ** 2));
}
