import { setTimeout as sleep } from 'node:timers/promises';
import { findBrowser } from '../support/browser.ts';
import {
  freeze,
  join,
  openPage,
  provoke,
  recover,
  scenarios,
  takeDevices,
  type Caller,
  type Recovery
} from '../support/call/recovery.ts';
import { openCallSite } from '../support/call/site.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { proveKeys } from './call-keys.ts';
import { behindRouter, blackout, buildNetwork, siteAddress, use } from './call-network.ts';

export interface CallProof {
  /** Rounds of each fault of the media client. */
  times: number;
  /** Rounds of what takes longer: the media server killed, the line dark, another network, a page frozen. */
  hardTimes: number;
  darkSeconds: number;
  /** Names of faults, without how long they last; null: all. */
  only: readonly string[] | null;
  /** The call is encrypted end to end, and stays so. */
  encrypted: boolean;
  say: (line: string) => void;
}

const frozenMs = 30_000;
const phoneCallMs = 8_000;
/** After a killed media server everyone is back within this. */
const killedWithinMs = 10_000;

/**
 * Two people in a call, one of them muted and behind a router of their own; then one fault after the other.
 * @returns whether all came back each time
 */
export async function proveCall({
  times,
  hardTimes,
  darkSeconds,
  only,
  encrypted,
  say
}: CallProof): Promise<boolean> {
  const dataDir = await makeDataDir();
  buildNetwork();
  const site = await openCallSite({ dataDir, host: siteAddress, config: { nodeIp: siteAddress }, encrypted });
  const path = findBrowser();
  if (!path) throw new Error('no browser');
  const [near, far] = await Promise.all([openPage(site, path), openPage(site, behindRouter(path, dataDir))]);
  try {
    const callers: Caller[] = [
      // Encrypted are the calls of patients.
      { identity: encrypted ? 'p:far' : 'm:far', page: far, muted: true },
      { identity: 'm:near', page: near, muted: false }
    ];
    for (const caller of callers) await join(site, caller);
    const start = await recover(site, callers, async () => undefined);
    if (start.missing.length > 0) throw new Error(`no call to begin with: ${start.missing.join('; ')}`);

    const round = async (fault: () => Promise<unknown>, patience = 60_000) =>
      recover(site, callers, fault, { withinMs: patience });
    let all = true;
    const prove = async (name: string, wanted: number, once: () => Promise<Recovery>, limitMs = Infinity) => {
      const results: Recovery[] = [];
      const rounds = !only || only.some((part) => name.startsWith(part)) ? wanted : 0;
      for (let i = 0; i < rounds; i++) {
        const result = await once();
        results.push(result);
        if (result.missing.length > 0) {
          say(`  ${name}, round ${i + 1}: ${result.missing.join('; ')}`);
          // The next round is about the next fault.
          for (const caller of callers) await join(site, caller);
          await round(async () => undefined);
        }
      }
      if (rounds === 0) return;
      const back = results.filter(({ missing, ms }) => missing.length === 0 && ms <= limitMs).length;
      const took = results.map(({ ms }) => ms).sort((a, b) => a - b);
      all &&= back === rounds;
      const seconds = (ms: number) => (ms / 1000).toFixed(1);
      say(
        `${name}: ${back} of ${rounds} back; ${seconds(took[Math.floor(took.length / 2)]!)} s, longest ${seconds(took.at(-1)!)} s`
      );
    };

    for (const scenario of scenarios) await prove(scenario, times, () => round(() => provoke(far, scenario)));
    await prove('media server killed', hardTimes, () => round(() => site.killMediaServer()), killedWithinMs);
    let link: 'wifi' | 'mobile' = 'wifi';
    await prove('another network and address', hardTimes, () =>
      round(async () => use((link = link === 'wifi' ? 'mobile' : 'wifi')))
    );
    await prove('phone call', hardTimes, () =>
      round(async () => {
        await takeDevices(far, true);
        await sleep(phoneCallMs);
        await takeDevices(far, false);
      })
    );
    await prove('page frozen', hardTimes, () => round(() => freeze(far, frozenMs)));
    await prove(`line dark for ${darkSeconds} s`, hardTimes, () =>
      round(async () => {
        blackout(true);
        await sleep(darkSeconds * 1_000);
        blackout(false);
      })
    );
    if (site.keys) await proveKeys(site, { far, keys: site.keys, rounds: hardTimes, prove, round });
    return all;
  } finally {
    await Promise.all([near, far].map((page) => page.context().browser()?.close()));
    await site.close();
    await removeDataDir(dataDir);
  }
}
