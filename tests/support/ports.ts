import { randomInt } from 'node:crypto';
import { isPortFree } from '../../server/launch/ports.ts';

export { freePort, isPortFree } from '../../server/launch/ports.ts';

/** A free port below those a system hands out by itself: no neighbour gets it between one start and the next. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (await isPortFree(port)) return port;
  }
}
