import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The system's packages, where it is one with apt and we may. What is there already takes a second. */
export async function installPackages(packages: string[], say: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  // The lists may be old, or not there at all as in a fresh container.
  if (await tryToRun('apt-get', install, () => undefined, env)) return;
  await tryToRun('apt-get', ['update', '-qq'], say, env);
  await tryToRun('apt-get', install, say, env);
}

/** Runs to its end or ten minutes. @returns false where it failed, which is said and left to the look that follows */
export async function tryToRun(
  file: string,
  args: string[],
  say: (line: string) => void,
  env = process.env
): Promise<boolean> {
  const child = spawn(file, args, {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 600_000
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const outcome = await new Promise<string | null>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (code) => done(code === 0 ? null : `ended with code ${code}`));
  });
  const lines = said.trim().split('\n');
  if (outcome !== null)
    say(`${file}: ${outcome} ${lines.find((line) => /error/i.test(line)) ?? lines.at(-1)}`);
  return outcome === null;
}

/** The first of these programs that is on the PATH, in the order of the names; null: none. */
export function onPath(names: readonly string[], env: NodeJS.ProcessEnv): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable) ?? null;
}

export function isExecutable(path: string): boolean {
  if (path === '') return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
