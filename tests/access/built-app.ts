import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { Services } from '#lib/features/tenancy/call.ts';
import { repositoryRoot } from '../../server/config.ts';

/** Everything the built app answers to, e.g. `GET /patients/[id]`, `POST /consults/[id]?/accept`. */
export interface BuiltApp {
  doors: string[];
  /** As a browser at `path` would be answered, `at` the usual origin or another; redirects are not followed. */
  ask(path: string, init: RequestInit, at?: string): Promise<Response>;
}

interface Kit {
  Server: new (manifest: unknown) => {
    init(options: { env: Record<string, string> }): Promise<void>;
    respond(request: Request, options: { getClientAddress(): string }): Promise<Response>;
  };
}
interface Manifest {
  _: {
    nodes: (() => Promise<{ server?: { actions?: object } }>)[];
    routes: {
      id: string;
      page: { leaf: number } | null;
      endpoint: (() => Promise<Record<string, unknown>>) | null;
    }[];
  };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'fallback'];
export const origin = 'http://localhost';

/** The app as `npm run build` left it, in this process, on the services of a test's world. */
export async function openBuiltApp(services: Services): Promise<BuiltApp> {
  const output = join(repositoryRoot, '.svelte-kit', 'output', 'server');
  const load = (file: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(output, file)).href);
  const { manifest } = (await load('manifest-full.js')) as { manifest: Manifest };
  const { Server } = (await load('index.js')) as Kit;
  Object.assign(globalThis, { [Symbol.for('consilium.services')]: services });
  const server = new Server(manifest);
  await server.init({ env: {} });
  return {
    doors: await doorsOf(manifest),
    ask: (path, init, at = origin) =>
      server.respond(new Request(at + path, { redirect: 'manual', ...init }), {
        getClientAddress: () => '127.0.0.1'
      })
  };
}

async function doorsOf({ _: { routes, nodes } }: Manifest): Promise<string[]> {
  const doors: string[] = [];
  for (const { id, page, endpoint } of routes) {
    const path = id.replace(/\/\([^)]+\)/g, '') || '/';
    if (page) {
      doors.push(`GET ${path}`);
      const node = await nodes[page.leaf]?.();
      for (const action of Object.keys(node?.server?.actions ?? {})) doors.push(`POST ${path}?/${action}`);
    }
    const handlers = endpoint ? await endpoint() : {};
    for (const method of methods) if (method in handlers) doors.push(`${method} ${path}`);
  }
  return doors.sort();
}
