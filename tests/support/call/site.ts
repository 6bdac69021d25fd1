import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { RoomServiceClient, type ParticipantInfo } from 'livekit-server-sdk';
import { build } from 'vite';
import type { MediaConfig } from '../../../server/sfu/index.ts';
import { grantFor, openMediaSite, type MediaSite } from '../media.ts';

export const callRoom = 'consult-call';

export interface CallSite {
  media: MediaSite;
  /** Address of a person's page. */
  page(identity: string): string;
  /** Who is in the room, by the media server itself; null while it does not answer. */
  inRoom(): Promise<ParticipantInfo[] | null>;
  /** End the media server at once, as a crash does; its keeper starts it again. */
  killMediaServer(): Promise<void>;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** The real media server behind the real way to it, with a page that holds a call and nothing else. */
export async function openCallSite(options: {
  dataDir: string;
  config?: Partial<MediaConfig>;
  host?: string;
}): Promise<CallSite> {
  const { dataDir, config, host } = options;
  const pages = join(dataDir, 'pages');
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'error',
    plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: { outDir: pages, emptyOutDir: true, minify: false }
  });
  const media = await openMediaSite({
    dataDir,
    ...(config ? { config } : {}),
    ...(host ? { host } : {}),
    otherwise: (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
      if (pathname === '/ticket') {
        const grant = grantFor(callRoom, searchParams.get('who') ?? 'nobody');
        media.media.media
          .token(grant)
          .then((token) => {
            const { clientUrl: url, iceServers } = media.media.media;
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ url, token, iceServers }));
          })
          .catch(() => response.writeHead(503).end('sfu_unavailable'));
        return;
      }
      const file = pathname === '/' ? '/index.html' : pathname;
      response.setHeader('content-type', types[extname(file)] ?? 'text/plain');
      createReadStream(join(pages, file))
        .on('error', () => response.writeHead(404).end())
        .pipe(response);
    }
  });
  await media.media.settled();
  const sfu = join(dataDir, 'sfu');
  const keys = JSON.parse(await readFile(join(sfu, 'keys.json'), 'utf8')) as Record<
    'apiKey' | 'apiSecret',
    string
  >;
  return {
    media,
    page: (identity) => `${media.origin}/?who=${identity}`,
    async inRoom() {
      const health = media.media.health();
      if (health.state !== 'ready' || !health.ports) return null;
      const api = new RoomServiceClient(
        `http://127.0.0.1:${health.ports.signal}`,
        keys.apiKey,
        keys.apiSecret,
        { requestTimeout: 2, failover: false }
      );
      // Killed a moment ago, and not known to be.
      return api.listParticipants(callRoom).catch(() => null);
    },
    async killMediaServer() {
      const { pid } = JSON.parse(await readFile(join(sfu, 'livekit.pid'), 'utf8')) as { pid: number };
      process.kill(pid, 'SIGKILL');
    },
    close: () => media.close()
  };
}
