// The thread of drawing.ts: one patient's radiographs for each message.
import { parentPort } from 'node:worker_threads';
import { type DemoImagesInput, makeDemoImages } from '#lib/features/imaging/demo.server.ts';

parentPort?.on('message', (input: DemoImagesInput) => parentPort?.postMessage(makeDemoImages(input)));
