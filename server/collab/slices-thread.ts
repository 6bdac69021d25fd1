// Cuts a large update into slices, away from the thread that serves people; see slices.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { sliced } from './slices.ts';

const { update, mostStructs } = workerData as { update: Uint8Array; mostStructs: number };
const slices = sliced(update, mostStructs);
parentPort?.postMessage(
  slices,
  slices.map(({ buffer }) => buffer as ArrayBuffer)
);
