import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright';
import type { CallKeys } from '../support/call/keys.ts';
import { loseWorker, type Recovery } from '../support/call/recovery.ts';
import type { CallSite } from '../support/call/site.ts';
import { blackout } from './call-network.ts';

const darkMs = 6_000;
const awayMs = 8_000;
/** [CALL-76] What is lost sooner than this counts as one that never worked. */
const workedMs = 12_000;

export interface KeyProof {
  /** The patient's page, behind a router of its own. */
  far: Page;
  keys: CallKeys;
  rounds: number;
  prove: (name: string, rounds: number, once: () => Promise<Recovery>) => Promise<void>;
  round: (fault: () => Promise<unknown>) => Promise<Recovery>;
}

/** Faults of what encrypts a call, and of the way its key takes. */
export async function proveKeys(
  site: CallSite,
  { far, keys, rounds, prove, round }: KeyProof
): Promise<void> {
  await prove('new key while a line is dark', rounds, () =>
    round(async () => {
      blackout(true);
      keys.renew();
      await sleep(darkMs);
      blackout(false);
    })
  );
  await prove('new key, and no answer to who asks for it', rounds, () =>
    round(async () => {
      keys.unanswered = 'p:far';
      keys.renew();
      await sleep(awayMs);
      keys.unanswered = null;
    })
  );
  await prove('media server killed while the app is away', rounds, () =>
    round(async () => {
      keys.away = true;
      await site.killMediaServer();
      await sleep(awayMs);
      keys.away = false;
    })
  );
  for (const [name, told] of [
    ['what encrypts crashed', true],
    ['what encrypts is gone without a word', false]
  ] as const)
    await prove(name, rounds, async () => {
      await sleep(workedMs);
      return round(() => loseWorker(far, told));
    });
}
