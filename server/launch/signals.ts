import type { Logger } from '#lib/kernel/ports.ts';

/** Ctrl-C reaches us from the terminal and once more through npm or bootstrap.mjs: that is one wish. */
const sameWishMs = 700;

/**
 * Ctrl-C, SIGTERM, a closed terminal, the end of the process that started us, an error nobody caught: each
 * asks for an orderly end. A second Ctrl-C ends hard.
 */
export function onStopSignal({ stop, log }: { stop: (signal: string) => void; log: Logger }): void {
  let firstAt: number | null = null;
  const wish = (signal: string) => {
    if (firstAt === null) {
      firstAt = Date.now();
      stop(signal);
    } else if (Date.now() - firstAt > sameWishMs) {
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, wish);
  // bootstrap.mjs keeps a channel open while it lives.
  if (process.channel) {
    process.channel.unref();
    process.on('disconnect', () => wish('parent ended'));
  }
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => log.debug({ err: error }, 'terminal gone'));
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught error');
    process.exitCode = 1;
    wish('uncaught error');
  });
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a failure nobody waited for'));
}
