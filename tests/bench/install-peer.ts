import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Packages of tests/bench/peers/NAME as its lockfile has them, got where `witness` is not there. @returns the folder */
export async function installPeer(name: string, witness: string): Promise<string> {
  const folder = join(import.meta.dirname, 'peers', name);
  try {
    await access(join(folder, 'node_modules', witness));
  } catch {
    console.log(`installing what tests/bench/peers/${name} needs`);
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  }
  return folder;
}
