import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dispose,
  LocalVideoTrack,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource
} from '@livekit/rtc-node';
import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../server/config.ts';
import { lockFolder, type FolderLock } from '../../server/launch/lock.ts';
import { refusalOfTurnTls } from '../../server/sfu/turn-reach.ts';
import { browserFlags, findBrowser } from '../support/browser.ts';
import { selfSigned } from '../support/certificate.ts';
import { enter, grantFor, openMediaSite, type MediaSite } from '../support/media.ts';
import { lastingPort } from '../support/ports.ts';

/** In the page, from the script it loads. */
declare const LivekitClient: typeof import('livekit-client');

const domain = '127.0.0.1';
const certificate = selfSigned(domain);
const clientLibrary = join(repositoryRoot, 'node_modules', 'livekit-client', 'dist', 'livekit-client.umd.js');
const [frameWidth, frameHeight] = [320, 240];

let folder: string;
let site: MediaSite;
let lock: FolderLock;
let browser: Browser;
let turn: { domain: string; udpPort: number; tls: { port: number; certFile: string; keyFile: string } };

const page: RequestListener = (request, response) => {
  if (request.url === '/client.js') createReadStream(clientLibrary).pipe(response);
  else response.end('<!doctype html><script src="/client.js"></script>');
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-turn-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certFile, certificate.cert);
  await writeFile(keyFile, certificate.key);
  const tls = { port: await lastingPort(), certFile, keyFile };
  turn = { domain, udpPort: await lastingPort(), tls };
  site = await openMediaSite({ dataDir: folder, config: { turn }, otherwise: page });
  lock = await lockFolder(folder);
  const executablePath = findBrowser();
  browser = await chromium.launch({
    args: [
      ...browserFlags,
      '--autoplay-policy=no-user-gesture-required',
      `--ignore-certificate-errors-spki-list=${certificate.fingerprint}`
    ],
    ...(executablePath ? { executablePath } : {})
  });
  expect(await site.media.settled()).toMatchObject({ state: 'ready' });
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await lock?.release();
  await site?.close();
  await dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Somebody who sends a grey picture twenty times a second. @returns how to end it */
async function sendPictures(room: string): Promise<() => Promise<void>> {
  const sender = await enter(site, await site.media.media.token(grantFor(room, 'm:sender')));
  const source = new VideoSource(frameWidth, frameHeight);
  const pixels = new Uint8Array(frameWidth * frameHeight * 4).fill(128);
  const picture = new VideoFrame(pixels, frameWidth, frameHeight, VideoBufferType.RGBA);
  const timer = setInterval(() => source.captureFrame(picture), 50);
  const options = new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: false });
  await sender.localParticipant?.publishTrack(LocalVideoTrack.createVideoTrack('camera', source), options);
  return async () => {
    clearInterval(timer);
    await sender.disconnect();
  };
}

/**
 * Joins in Chromium with the servers LiveKit names, as a room with TURN configured does, but may use no way other than
 * a relay of `scheme`. @returns the width of the first picture and the relays in use
 */
async function watch(room: string, scheme: 'turn' | 'turns') {
  const viewer = await browser.newPage();
  await viewer.goto(site.origin);
  const url = `${site.origin.replace('http', 'ws')}/sfu`;
  const token = await site.media.media.token(grantFor(room, 'm:viewer'));
  const seen = await viewer.evaluate(
    async ({ url, token, scheme, tlsPort }) => {
      const made: RTCPeerConnection[] = [];
      const narrowed = (config: RTCConfiguration = {}): RTCConfiguration => ({
        ...config,
        iceTransportPolicy: 'relay',
        iceServers: (config.iceServers ?? [])
          .map((server) => ({
            ...server,
            urls: [server.urls]
              .flat()
              .filter((one) => one.startsWith(`${scheme}:`))
              // What passes port 443 on to TURN at a real site.
              .map((one) => one.replace(':443?', `:${tlsPort}?`))
          }))
          .filter((server) => server.urls.length > 0)
      });
      globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(config?: RTCConfiguration) {
          super(narrowed(config));
          made.push(this);
        }
        override setConfiguration(config?: RTCConfiguration) {
          super.setConfiguration(narrowed(config));
        }
      };
      const call = new LivekitClient.Room();
      const width = new Promise<number>((done) =>
        call.on(LivekitClient.RoomEvent.TrackSubscribed, (track) => {
          const video = track.attach() as HTMLVideoElement;
          document.body.append(video);
          video.requestVideoFrameCallback((_, frame) => done(frame.width));
        })
      );
      await call.connect(url, token);
      const first = await width;
      const reports = (await Promise.all(made.map((one) => one.getStats()))).flatMap((report) => [
        ...(report as ReadonlyMap<string, Record<string, unknown>>).values()
      ]);
      const used = reports.filter(({ type, state }) => type === 'candidate-pair' && state === 'succeeded');
      const relays = used.map((pair) => {
        const local = reports.find(({ id }) => id === pair['localCandidateId']);
        return `${local?.['candidateType']} ${local?.['relayProtocol']}`;
      });
      await call.disconnect();
      return { width: first, relays: [...new Set(relays)] };
    },
    { url, token, scheme, tlsPort: turn.tls.port }
  );
  await viewer.close();
  return seen;
}

describe('TURN', () => {
  it.each([
    ['turn', 'relay udp'],
    ['turns', 'relay tls']
  ] as const)('[SFU-9] brings the picture where nothing but %s gets through', async (scheme, relay) => {
    const room = `consult-${scheme}`;
    const stop = await sendPictures(room);
    try {
      expect(await watch(room, scheme)).toEqual({ width: frameWidth, relays: [relay] });
    } finally {
      await stop();
    }
  });

  it('[SFU-9] over TLS answers whoever trusts its certificate, and says why to others', async () => {
    const { port } = turn.tls;
    const { cert: authority } = certificate;
    expect(await refusalOfTurnTls({ host: domain, port, authority })).toBeNull();
    expect(await refusalOfTurnTls({ host: domain, port })).toMatch(/self-signed certificate/);
    expect(await refusalOfTurnTls({ host: domain, port, authority, domain: 'turn.example' })).toMatch(
      /does not match/
    );
    expect(await refusalOfTurnTls({ host: domain, port: await lastingPort() })).toMatch(/ECONNREFUSED/);
  });
});

it('[SFU-9] npm run doctor tries TURN where browsers will', async () => {
  const asked = () =>
    new Promise<string>((done) => {
      const env = {
        ...process.env,
        TURN_DOMAIN: domain,
        TURN_UDP_PORT: String(turn.udpPort),
        TURN_TLS_PORT: String(turn.tls.port),
        TURN_CERT_FILE: turn.tls.certFile,
        TURN_KEY_FILE: turn.tls.keyFile
      };
      const doctor = join(repositoryRoot, 'server', 'doctor.ts');
      execFile(process.execPath, [doctor, '--data', folder], { env }, (_, stdout) => done(stdout));
    });
  const udp = `UDP ${domain}:${turn.udpPort}`;
  const running = await asked();
  expect(running).toContain(`✓ TURN       ${udp} answers\n`);
  // Nothing here passes 443 on to it.
  expect(running).toContain(`✗ TURN       TLS ${domain}:443, where browsers look: `);
  expect(running).toMatch(
    new RegExp(`→ TURN listens on ${turn.tls.port}: what has port 443 must pass ${domain} on`)
  );

  await site.media.stop();
  expect(await asked()).toMatch(
    new RegExp(`✗ TURN       ${udp} does not answer\n +→ open the port in the firewall`)
  );
});
