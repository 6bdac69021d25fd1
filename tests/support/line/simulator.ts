import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright';
import { random } from '../random.ts';
import { relayTcp } from './tcp.ts';
import { relayUdp } from './udp.ts';
import { clearWay, Way, type WayConditions } from './way.ts';

/** Where the media server says it is; the whole of 127.0.0.0/8 is this machine without being set up (Linux). */
const advertised = '127.0.0.2';

/** The app's environment when all its media is to come over a simulated line. */
export const lineEnvironment = { LIVEKIT_URL: '', SFU_NODE_IP: advertised, SFU_ICE_LITE: '1' } as const;
/** When only that of some is (`openLine` with `ledOnly`): else the media server would call on them past the line. */
export const ledEnvironment = { LIVEKIT_URL: '', SFU_NODE_IP: '127.0.0.1', SFU_ICE_LITE: '1' } as const;

export interface LineConditions {
  up: Partial<WayConditions>;
  down: Partial<WayConditions>;
  /** False: no UDP packet passes, as in networks that let only TCP out. */
  udp: boolean;
}

export interface Line {
  /**
   * The app, seen over the line: for pages and requests. To its board it is a foreign site, of another port, and its
   * WebSocket is refused: a browser that is to have the board is opened with `flags`, at the app's own address.
   */
  origin: string;
  /** Of a browser that goes to the app's own address over the line. */
  flags: readonly string[];
  /** The media server's signalling itself, `ws://…`, over the line. */
  signalUrl: string;
  /** Media that passed over UDP since the start. */
  readonly carried: Readonly<{ upBytes: number; downBytes: number; upPackets: number; downPackets: number }>;
  /**
   * Leads the pages of this context to the relay with media over TCP, with `ledOnly` to that with UDP as well. The media
   * server holds its TCP port on every address of this machine, so the relay cannot have the address that is advertised.
   */
  lead(context: BrowserContext): Promise<void>;
  /** For every client from now on, open connections included. What is left out is clear. */
  set(conditions: Partial<LineConditions>): void;
  close(): Promise<void>;
}

/**
 * A line between browsers and the app of this machine, without root and without the kernel's netem: every client has
 * one of its own, with its own share of the seed, and all are under the same conditions.
 *
 * UDP media: loss, delay, jitter, rate and queue packet by packet, or closed. Pages, signalling, board and media over
 * TCP: delay, jitter and rate; a lost packet would show there as delay, which is not imitated. Timers of Node are good to
 * about a millisecond. A line is shared by nothing: queues of one client do not fill those of another, nor the UDP queue
 * of one that of its own TCP.
 */
export async function openLine(options: {
  /** Of an app started with `lineEnvironment`, or `ledEnvironment`. */
  app: { origin: string; dataDir: string };
  seed?: number;
  /** Media of those alone who are led (`lead`) comes over it; that of all others goes straight. On any system. */
  ledOnly?: boolean;
}): Promise<Line> {
  const { app, seed = 1, ledOnly = false } = options;
  const yaml = await readFile(join(app.dataDir, 'sfu', 'livekit.yaml'), 'utf8');
  const portOf = (name: string): number => {
    const found = new RegExp(`^ *${name}: (\\d+)$`, 'm').exec(yaml)?.[1];
    if (!found) throw new Error(`the media server's ${name} is not known`);
    return Number(found);
  };
  let up: WayConditions = clearWay;
  let down: WayConditions = clearWay;
  let udpOpen = true;
  const all = new Set<{ up: Way; down: Way }>();
  const ways = () => {
    const client = all.size * 2;
    const pair = { up: new Way(random(seed + client), up), down: new Way(random(seed + client + 1), down) };
    all.add(pair);
    return pair;
  };
  const udp = portOf('udp_port');
  const media = await relayUdp({
    at: ledOnly ? { host: ledEnvironment.SFU_NODE_IP, port: 0 } : { host: advertised, port: udp },
    to: { host: '127.0.0.1', port: udp },
    ways,
    isOpen: () => udpOpen
  });
  const tcp = portOf('tcp_port');
  const mediaTcp = await relayTcp({ to: { host: '127.0.0.1', port: tcp }, ways });
  const pages = await relayTcp({ to: { host: '127.0.0.1', port: Number(new URL(app.origin).port) }, ways });
  const told = ledOnly ? ledEnvironment.SFU_NODE_IP : advertised;
  const candidates = [
    { from: `${told} ${tcp} typ host tcptype`, to: `127.0.0.1 ${mediaTcp.port} typ host tcptype` },
    ...(ledOnly ? [{ from: `${told} ${udp} typ host`, to: `${told} ${media.port} typ host` }] : [])
  ];
  const signal = await relayTcp({ to: { host: '127.0.0.1', port: portOf('port') }, ways });
  return {
    origin: `http://127.0.0.1:${pages.port}`,
    flags: [`--host-resolver-rules=MAP ${new URL(app.origin).host} 127.0.0.1:${pages.port}`],
    signalUrl: `ws://127.0.0.1:${signal.port}`,
    carried: media.carried,
    async lead(context) {
      await context.addInitScript(leadPage, candidates);
    },
    set(conditions) {
      up = { ...clearWay, ...conditions.up };
      down = { ...clearWay, ...conditions.down };
      udpOpen = conditions.udp ?? true;
      for (const pair of all) {
        pair.up.conditions = up;
        pair.down.conditions = down;
      }
    },
    async close() {
      await Promise.all([media, mediaTcp, pages, signal].map((relay) => relay.close()));
    }
  };
}

/** Runs in the page, before all of it. */
function leadPage(candidates: readonly { from: string; to: string }[]): void {
  const Native = window.RTCPeerConnection;
  const led = (text: string) => candidates.reduce((all, { from, to }) => all.replaceAll(from, to), text);
  window.RTCPeerConnection = class extends Native {
    override addIceCandidate(given?: RTCIceCandidateInit | null): Promise<void> {
      if (given?.candidate === undefined) return super.addIceCandidate(given);
      const { sdpMid = null, sdpMLineIndex = null } = given;
      return super.addIceCandidate({ candidate: led(given.candidate), sdpMid, sdpMLineIndex });
    }

    override setRemoteDescription(given: RTCSessionDescriptionInit): Promise<void> {
      return super.setRemoteDescription({ type: given.type, sdp: led(given.sdp ?? '') });
    }
  };
}
