import type { Logger } from '#lib/kernel/ports.ts';

/** Ctrl-C reaches us from the terminal and once more through npm or bootstrap.mjs: that is one wish. */
const sameWishMs = 700;

/**
 * Ctrl-C, SIGTERM, a closed terminal, the end of the process that started us, an error nobody caught: each
 * asks for an orderly end. A second Ctrl-C ends hard.
 */
export function onStopSignal({
  stop,
  log
}: {
  /** `exitCode` is 1 after an error: whatever keeps the app running (systemd) then starts it again. */
  stop: (signal: string, exitCode: number) => void;
  log: Logger;
}): void {
  let firstAt: number | null = null;
  const wish = (signal: string, exitCode = 0) => {
    if (firstAt === null) {
      firstAt = Date.now();
      stop(signal, exitCode);
    } else if (Date.now() - firstAt > sameWishMs) {
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => wish(signal));
  // bootstrap.mjs keeps a channel open while it lives.
  if (process.channel) {
    process.channel.unref();
    process.on('disconnect', () => wish('parent ended'));
  }
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => log.debug({ err: error }, 'terminal gone'));
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught error');
    // While stopping this is no second Ctrl-C: what is being ended must still be ended in order.
    if (firstAt === null) wish('uncaught error', 1);
  });
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a failure nobody waited for'));
}
