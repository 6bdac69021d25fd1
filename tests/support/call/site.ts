import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { RoomServiceClient, type ParticipantInfo } from 'livekit-server-sdk';
import { build } from 'vite';
import type { MediaConfig } from '../../../server/sfu/index.ts';
import { grantFor, openMediaSite, type MediaSite } from '../media.ts';
import { CallKeys } from './keys.ts';

export const callRoom = 'consult-call';

export interface CallSite {
  media: MediaSite;
  /** Of an encrypted call; null: it is not. */
  keys: CallKeys | null;
  /** Address of a person's page. */
  page(identity: string): string;
  /** Who is in the room, by the media server itself; null while it does not answer. */
  inRoom(): Promise<ParticipantInfo[] | null>;
  /** End the media server at once, as a crash does; its keeper starts it again. */
  killMediaServer(): Promise<void>;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** What this person may do: somebody of the patient's side sends no messages. */
function seatOf(identity: string) {
  if (!identity.startsWith('p:')) return grantFor(callRoom, identity);
  return grantFor(callRoom, identity, { role: 'patient', canPublishData: false });
}

/** The real media server behind the real way to it, with a page that holds a call and nothing else. */
export async function openCallSite(options: {
  dataDir: string;
  config?: Partial<MediaConfig>;
  host?: string;
  encrypted?: boolean;
}): Promise<CallSite> {
  const { dataDir, config, host, encrypted = false } = options;
  const keys = encrypted ? new CallKeys() : null;
  const pages = join(dataDir, 'pages');
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'error',
    plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
    build: { outDir: pages, emptyOutDir: true, minify: false },
    worker: { format: 'es' }
  });
  const media = await openMediaSite({
    dataDir,
    ...(config ? { config } : {}),
    ...(host ? { host } : {}),
    onRoomEvent: ({ kind }) => {
      if (kind === 'left') keys?.renew();
    },
    otherwise: (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
      const who = searchParams.get('who') ?? 'nobody';
      const answer = (value: unknown) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
      const refuse = (code: string) => response.writeHead(503).end(code);
      if (pathname === '/ticket') {
        media.media.media.token(seatOf(who)).then(
          (token) => {
            if (keys?.away) return refuse('internal');
            const { clientUrl: url, iceServers } = media.media.media;
            answer({ url, token, iceServers, ...(keys ? { encryption: keys.current() } : {}) });
          },
          () => refuse('sfu_unavailable')
        );
        return;
      }
      if (keys && pathname === '/news') return keys.listen(response);
      if (keys && pathname === '/key') {
        if (keys.refuses(who)) refuse('internal');
        else answer(keys.current());
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
  const { apiKey, apiSecret } = JSON.parse(await readFile(join(sfu, 'keys.json'), 'utf8')) as Record<
    'apiKey' | 'apiSecret',
    string
  >;
  return {
    media,
    keys,
    page: (identity) => `${media.origin}/?who=${identity}${keys ? '&encrypted' : ''}`,
    async inRoom() {
      const health = media.media.health();
      if (health.state !== 'ready' || !health.ports) return null;
      const api = new RoomServiceClient(`http://127.0.0.1:${health.ports.signal}`, apiKey, apiSecret, {
        requestTimeout: 2,
        failover: false
      });
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
