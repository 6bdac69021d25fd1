import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Logger } from '#lib/kernel/ports.ts';
import { setHandlerEnvironment, type Config } from '../config.ts';
import { freePort } from './ports.ts';

export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

interface HandlerModule {
  handler(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}

/** SvelteKit's production build. Its settings are read from the environment on import, so they are set first. */
export async function productionPages(config: Config): Promise<Pages> {
  setHandlerEnvironment(config);
  const file = pathToFileURL(join(config.root, 'build', 'handler.js')).href;
  const { handler } = (await import(file)) as HandlerModule;
  return {
    handle: (request, response) => handler(request, response, () => notFound(response)),
    close: async () => {}
  };
}

/** Vite in front of SvelteKit's sources. Hot reload has a port of its own, so that sockets here stay ours. */
export async function developmentPages(config: Config, log: Logger): Promise<Pages> {
  const { createServer } = await import('vite');
  const vite = await createServer({
    root: config.root,
    clearScreen: false,
    logLevel: 'warn',
    server: {
      middlewareMode: true,
      hmr: { port: await freePort(), host: config.host },
      // The database writes there all the time.
      watch: { ignored: [`${config.dataDir}/**`, '**/.node/**', '**/build/**', '**/test-results/**'] }
    }
  });
  return {
    handle: (request, response) =>
      vite.middlewares(request, response, (error?: unknown) => {
        if (error) log.error({ err: error }, 'development server');
        notFound(response);
      }),
    close: () => vite.close()
  };
}

function notFound(response: ServerResponse): void {
  if (response.headersSent) return;
  response.statusCode = 404;
  response.end('not found\n');
}
