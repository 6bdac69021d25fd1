import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { Logger } from '#lib/kernel/ports.ts';
import type { LogLevel } from '../config.ts';

const largeBytes = 50 * 1024 * 1024;

export interface OpenLog {
  log: Logger;
  file: string;
  /** Writes what is still in memory. */
  flush(): void;
}

/**
 * JSON lines in `<dataDir>/logs/app.log` (one older file is kept). Warnings and errors are also said on
 * `console`, one plain line each, so that the terminal stays a calm list.
 */
export function openLog(dataDir: string, level: LogLevel, say: (line: string) => void): OpenLog {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const file = join(folder, 'app.log');
  if (sizeOf(file) > largeBytes) renameSync(file, `${file}.1`);
  const destination = pino.destination({ dest: file, sync: false, minLength: 0 });
  // A full disk must not end the app: what cannot be written is lost, and said once.
  let lost = false;
  destination.on('error', (error: Error) => {
    if (!lost) say(`  ! the log ${file} cannot be written (${error.message})`);
    lost = true;
  });
  const terminal = { write: (line: string) => say(plain(line)) };
  const logger = pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.multistream([
      { level, stream: destination },
      { level: 'warn', stream: terminal }
    ])
  );
  return {
    // The port is the four methods only: nothing else of pino is used anywhere.
    log: logger,
    file,
    flush: () => {
      try {
        destination.flushSync();
      } catch (error) {
        // Not open yet, or the disk is full: at the end there is nowhere left to say it but here.
        process.stderr.write(`log not flushed: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
}

function plain(line: string): string {
  const record = JSON.parse(line) as { level: number; msg?: string; err?: { message?: string } };
  const reason = record.err?.message ? ` (${record.err.message})` : '';
  return `  ${record.level >= 50 ? '✗' : '!'} ${record.msg ?? ''}${reason}`;
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
