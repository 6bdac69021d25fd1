import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger, MediaServer, RoomEgress } from '#lib/kernel/ports.ts';

/** What a site decides about its media server. Built by server/config.ts from the environment. */
export interface MediaConfig {
  /** Origin browsers use, e.g. `https://clinic.example`. Null: whatever Host the request itself names. */
  origin: string | null;
  /** A LiveKit run by someone else (LIVEKIT_URL). Null: one is found or built, and started here. */
  outside: OutsideMediaServer | null;
  /** Ports wanted for the one started here. A busy one is replaced by a free one, and said so in the log. */
  ports: MediaPorts;
  /** Address browsers send media to. Null: this machine only (loopback). */
  nodeIp: string | null;
  /** True: it answers browsers and never calls on them, so that media takes the way to `nodeIp` only. */
  iceLite?: boolean;
  /** LiveKit's own TURN server. Null: none. */
  turn: TurnConfig | null;
  /** Where the release archive comes from. Null: LiveKit's own releases. */
  release: ReleaseSource | null;
  /** LiveKit's egress service, which records rooms. Null or undefined: there is none. */
  egress?: EgressConfig | null;
  /** Where built binaries are kept for all data folders. Undefined: the user's cache folder. */
  cacheDir?: string;
}

/** A mirror of LiveKit's releases. */
export interface ReleaseSource {
  /** `http(s)://…`, followed by `/v<version>/<archive>`. */
  url: string;
  /** SHA-256 in hex of the archive there, where it is not LiveKit's own. */
  sha256: string | null;
}

export interface EgressConfig {
  /** Where the service writes and this app reads: the same path for both. */
  folder: string;
  /** What the supervised server and the service tell each other over; null: that LiveKit has its own. */
  redisUrl: string | null;
}

export interface OutsideMediaServer {
  /** `ws(s)://` address for signalling and API; browsers reach it through the app. */
  url: string;
  apiKey: string;
  apiSecret: string;
}

export interface MediaPorts {
  /** Signalling and API; loopback only. */
  signal: number;
  /** All media over UDP. */
  udp: number;
  /** Media over TCP, where UDP is blocked. */
  tcp: number;
}

export interface TurnConfig {
  domain: string;
  udpPort: number;
  /** TURN over TLS. Null: UDP only. */
  tls: { port: number; certFile: string; keyFile: string } | null;
}

/** Someone came or left, told once for each change however often the media server says it. */
export interface RoomEvent {
  room: string;
  /** Null for `room_finished`. */
  identity: string | null;
  kind: 'joined' | 'left' | 'room_finished';
  at: Date;
}

/** One step of getting a media server that takes longer than a second. English, for the console. */
export interface MediaProgress {
  message: string;
  /** 0…1, or null where the length is not known. */
  fraction: number | null;
}

export type MediaHealth =
  | { state: 'starting'; detail: string }
  | { state: 'ready'; detail: string; ports: MediaPorts | null }
  | { state: 'restarting'; detail: string }
  | { state: 'unavailable'; detail: string }
  | { state: 'stopped'; detail: string };

export interface StartMediaServerOptions {
  config: MediaConfig;
  dataDir: string;
  /** The app's port on 127.0.0.1; the media server posts its news there. Asked when needed, so that port 0 works. */
  appPort: number | (() => number);
  log: Logger;
  onProgress?: (progress: MediaProgress) => void;
  /** How often the rooms are looked at; ten seconds where not said. */
  reconcileEveryMs?: number;
  onRoomEvent?: (event: RoomEvent) => void | Promise<void>;
  /** Something changed about a recording that the media server makes: time to ask. */
  onEgressNews?: () => void | Promise<void>;
  /** Who the database believes to be in which room, read once at the start so that "left" can be told too. */
  recordedPresence?: () => Promise<{ room: string; identity: string }[]>;
}

export interface RunningMediaServer {
  media: MediaServer;
  egress: RoomEgress;
  /** Resolves once usable, or known to be unavailable: never rejects. The app need not wait for it. */
  settled(): Promise<MediaHealth>;
  /** Takes an upgrade under `/sfu`; false: not ours, untouched. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Answers a request under `/sfu`; false: not ours, untouched. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
  health(): MediaHealth;
  /** Look at the rooms now instead of at the next turn. */
  reconcile(): Promise<void>;
  /** Ends the media server and everything begun here. Safe to call twice. */
  stop(): Promise<void>;
}
