import { readdir, readFile, readlink } from 'node:fs/promises';

export interface Process {
  pid: number;
  command: string;
}

/** Living processes that work in `folder` or name it on their command line (Linux). */
export async function processesOf(folder: string): Promise<Process[]> {
  const found: Process[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const command = (await textOf(`/proc/${name}/cmdline`)).replaceAll('\0', ' ').trim();
    const where = await readlink(`/proc/${name}/cwd`).catch(() => '');
    // A zombie has neither.
    if (command.includes(folder) || where === folder || where.startsWith(`${folder}/`))
      found.push({ pid: Number(name), command });
  }
  return found;
}

/** Empty where the process has ended meanwhile. */
function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
