import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DemoImage, DemoImagesInput } from '#lib/features/imaging/demo.server.ts';

/** Draws phantom radiographs in a thread of its own, in the order asked: the start stays alive meanwhile. */
export interface Drawing {
  draw(input: DemoImagesInput): Promise<DemoImage[]>;
  end(): Promise<void>;
}

export function startDrawing(): Drawing {
  const worker = new Worker(new URL('./drawing-thread.ts', import.meta.url));
  let last: Promise<unknown> = Promise.resolve();
  return {
    draw(input) {
      const drawn = last.then(async () => {
        worker.postMessage(input);
        // Rejects with the thread's error.
        const [images] = (await once(worker, 'message')) as [DemoImage[]];
        return images;
      });
      last = drawn.catch(() => {});
      return drawn;
    },
    end: async () => void (await worker.terminate())
  };
}
