import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version this project is built and tested with. go.mod names the same. */
export const pinnedVersion = '1.13.4';
/** From here on the join request carries the first offer, which the quick join relies on. */
const oldestUsable = [1, 9, 0] as const;

/** `1.13.4` from `livekit-server version 1.13.4`; null where the text names none. */
export function parseVersion(text: string): string | null {
  return /\bv?(\d+\.\d+\.\d+)\b/.exec(text)?.[1] ?? null;
}

export function isUsable(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== oldestUsable[0]) return false;
  return minor > oldestUsable[1] || (minor === oldestUsable[1] && patch >= oldestUsable[2]);
}

/** From 1.12 on its TURN relays to no private address that is not named, and older ones refuse a yaml that names some. */
export function guardsRelay(version: string): boolean {
  return Number(version.split('.')[1]) >= 12;
}

/** Asks the binary itself. Null where it does not run or is something else. */
export async function versionOf(binary: string): Promise<string | null> {
  try {
    const { stdout } = await run(binary, ['--version'], { timeout: 10_000 });
    return parseVersion(stdout);
  } catch {
    // Not there, not executable, for another system: all the same, not usable.
    return null;
  }
}
