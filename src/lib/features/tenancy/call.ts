import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Actor, RequestInfo } from '#lib/kernel/actor.ts';
import type { Clock } from '#lib/kernel/clock.ts';
import type {
  Authenticator,
  CheckpointLog,
  FieldCipher,
  FileScanner,
  FileStore,
  ImageReader,
  LiveFeed,
  Logger,
  Mailer,
  MediaServer,
  PdfRenderer,
  PushSender,
  RoomEgress,
  SpeechRecogniser
} from '#lib/kernel/ports.ts';

/** The pool of role `consilium_app`: owns nothing, bypasses nothing, sees no row outside a transaction with a tenant. */
export type Database = NodePgDatabase<Record<string, never>>;

/** What server/compose.ts builds once. A use case names the few it uses: `Call<'files' | 'pdf'>`. */
export interface Services {
  db: Database;
  /** Role `consilium_system`: sign-in, patient links by hash, jobs. Not for use cases of a member. */
  systemDb: Database;
  clock: Clock;
  files: FileStore;
  images: ImageReader;
  scanner: FileScanner;
  checkpoints: CheckpointLog;
  /** Opens and seals encrypted columns. */
  fields: FieldCipher;
  live: LiveFeed;
  media: MediaServer;
  egress: RoomEgress;
  mail: Mailer;
  push: PushSender;
  speech: SpeechRecogniser;
  pdf: PdfRenderer;
  auth: Authenticator;
  log: Logger;
  settings: Settings;
  /** Filled in the demo only: what the sign-in page offers. */
  demoSignIns: readonly DemoSignIn[];
}

/** Settings a use case may know; server/config.ts reads them from the environment. */
export interface Settings {
  /** The address people use, no trailing slash, e.g. `https://consult.example.org`. */
  origin: string;
  demo: boolean;
  maxUploadBytes: number;
  /** Audit events stay in the database for so long, at least 6; older ones lie in archive files. */
  auditHotMonths: number;
  places: DataPlaces;
}

/** Where data is, as far as the app knows: for people to read, hosts without credentials. */
export interface DataPlaces {
  dataFolder: string;
  /** Null: a Postgres of our own in the data folder. */
  databaseHost: string | null;
  /** Null: a media server of our own, or none. */
  mediaHost: string | null;
  /** Null: none configured. */
  mailHost: string | null;
  /** Where the media server's recordings lie until they are taken in; null: browsers record. */
  egressFolder: string | null;
  /** Null: nothing is recognised. */
  speechHost: string | null;
  /** Of HashiCorp Vault; null: environment or data folder. */
  keyHost: string | null;
}

/** One call of a use case: who, from where, and the services it uses (`db` and `clock` always). */
export type Call<K extends keyof Services = never, A extends Actor = Actor> = {
  actor: A;
  request: RequestInfo;
} & Pick<Services, K | 'db' | 'clock'>;

export interface DemoSignIn {
  name: string;
  role: string;
  organisation: string;
  email: string;
  password: string;
}
