import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * True while a process with this id exists, whoever owns it. A zombie counts as ended, unless threads of it are still
 * ending: until the last one has, its ports are taken.
 */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  if (process.platform !== 'linux') return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !isOver(stat);
}

/** Of a line of /proc/<pid>/stat: nothing of the process runs any more, it only waits to be collected. */
export function isOver(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 3 and 20: state and number of threads.
  return fields[0] === 'Z' && Number(fields[17]) <= 1;
}

/**
 * What tells this process from a later one with the same id: the boot and the time it started.
 * Null where there is no such process.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (!(await isAlive(pid))) return null;
  try {
    if (process.platform === 'linux') {
      const [stat, boot] = await Promise.all([
        readFile(`/proc/${pid}/stat`, 'utf8'),
        readFile('/proc/sys/kernel/random/boot_id', 'utf8')
      ]);
      // Field 22 is the start time; counted after the name, which may hold blanks and brackets.
      const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      return `${boot.trim()}:${startTicks}`;
    }
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    // It ended between the two looks.
    return null;
  }
}

/** Command line of a process, blanks between the arguments; empty where it cannot be read. */
export async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout.trim();
  } catch {
    return '';
  }
}

/** Wait until the process is gone; false after `withinMs`. */
export async function waitForExit(pid: number, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  for (;;) {
    if (!(await isAlive(pid))) return true;
    if (Date.now() > end) return false;
    await sleep(20);
  }
}

/**
 * End a process: each signal in turn with its time to obey. Resolves to the signal that worked, or null
 * where even the last one did not.
 */
export async function endProcess(
  pid: number,
  steps: readonly { signal: NodeJS.Signals; waitMs: number }[]
): Promise<NodeJS.Signals | null> {
  for (const { signal, waitMs } of steps) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already: the wait below says so.
    }
    if (await waitForExit(pid, waitMs)) return signal;
  }
  return null;
}
