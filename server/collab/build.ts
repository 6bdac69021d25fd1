import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import * as Y from 'yjs';
import type { StoredDocument } from './persistence.ts';

/** Marks changes that came from the log, so that they are not written there again. */
export const fromLog = Symbol('log');
/** Applied in some 10 ms, whatever is in them. */
const stepBytes = 32 * 1024;
const stepStructs = 2_000;

/**
 * The document that is stored. A large one is built in small steps between which others are served; which steps, a
 * thread of its own finds out.
 *
 * @param onNotSliced called where that fails: then it is built in one go
 */
export async function build(
  { snapshot, updates }: Pick<StoredDocument, 'snapshot' | 'updates'>,
  onNotSliced: (error: unknown) => void
): Promise<Y.Doc> {
  const doc = new Y.Doc();
  let bytes = 0;
  // Rows build on what is before them and are small.
  const steps = [...(snapshot ? await stepsOf(snapshot, onNotSliced) : []), ...updates];
  for (const step of steps) {
    Y.applyUpdate(doc, step, fromLog);
    bytes += step.byteLength;
    if (bytes < stepBytes) continue;
    bytes = 0;
    await turn();
  }
  return doc;
}

async function stepsOf(
  update: Uint8Array,
  onNotSliced: (error: unknown) => void
): Promise<readonly Uint8Array[]> {
  if (update.byteLength <= 2 * stepBytes) return [update];
  const worker = new Worker(new URL('./slices-thread.ts', import.meta.url), {
    workerData: { update, mostStructs: stepStructs }
  });
  try {
    // Rejects with the thread's error.
    const [slices] = (await once(worker, 'message')) as [Uint8Array[]];
    return slices;
  } catch (error) {
    onNotSliced(error);
    return [update];
  } finally {
    await worker.terminate();
  }
}
