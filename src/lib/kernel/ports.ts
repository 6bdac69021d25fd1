/** What the outside world offers, as small interfaces. Adapters live in server/ and pass tests/contract. */

/** Encrypted, content-addressed storage of bytes. Keys are lower-case hex SHA-256 of the plain bytes. */
export interface FileStore {
  /**
   * Store a stream; resolves once it is durable. Stops and cleans up beyond `maxBytes`.
   * @throws AppError `file_too_large`, `storage_full`, `upload_broken`, and whatever `accept` throws
   */
  put(organisationId: string, source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredFile>;
  /** The plain bytes, verified while read. @throws AppError `not_found` */
  get(organisationId: string, sha256: string): Promise<AsyncIterable<Uint8Array>>;
  remove(organisationId: string, sha256: string): Promise<void>;
}
export interface StoredFile {
  sha256: string;
  size: number;
}
export interface PutOptions {
  maxBytes: number;
  /**
   * Looks at the whole file, as often as it calls `open`, before it has a name that anyone could find it by. Where
   * it throws nothing of the file stays.
   */
  accept?: (file: StoredFile, open: () => AsyncIterable<Uint8Array>) => Promise<void>;
}

/** Reads images that somebody sent, in a process of their own with bounded memory and time. */
export interface ImageReader {
  /**
   * @throws AppError with what is wrong with the file; `image_not_read` where reading it crashed or took too much
   *   memory or time; `image_reader_busy` where too many wait
   */
  read(source: AsyncIterable<Uint8Array>, options: ReadImageOptions): Promise<ReadImage>;
  close(): Promise<void>;
}
/** Looks for viruses in what comes in. */
export interface FileScanner {
  readonly configured: boolean;
  /** @throws AppError `scanner_unavailable` where it cannot be asked and unscanned files are to be refused */
  scan(source: AsyncIterable<Uint8Array>): Promise<ScanResult>;
}
export type ScanResult =
  | { outcome: 'clean' }
  | { outcome: 'infected'; signature: string }
  | { outcome: 'not-scanned'; reason: 'not-configured' | 'gone' };
export interface ReadImageOptions {
  totalBytes: number;
  /** Which frame of several, from 1; the first where it is left out. */
  frame?: number;
  /** The grey window of a frame that states none; else one is made from its values. */
  window?: { center: number; width: number };
}
export interface ReadImage {
  /** What the file says of itself, as JSON brought it: to be checked like anything from outside. */
  facts: unknown;
  frame: Buffer;
  thumbnail: Buffer;
}

/** Signed heads of audit chains, kept outside the database: one file an organisation that only grows. */
export interface CheckpointLog {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
  /** The file of an organisation; empty where there is none. */
  read(organisationId: string): Promise<string>;
  /** Adds a note behind the first `wholeBytes` bytes; resolves once it is durable. */
  append(organisationId: string, note: string, wholeBytes: number): Promise<void>;
  /** What speeds up the next checkpoint; never believed without the signed root. */
  readTree(organisationId: string): Promise<string | null>;
  keepTree(organisationId: string, text: string): Promise<void>;
}

/** Where a sealed value belongs; bound to it, so that it opens nowhere else. */
export interface FieldPlace {
  organisationId: string;
  table: string;
  column: string;
  rowId: string;
}

/** A column's value as it is stored: shown, compared or printed by nobody. Opened through `FieldCipher`. */
export interface Sealed {
  readonly sealed: string;
}

/** Encrypts single values of columns under the organisation's data key. */
export interface FieldCipher {
  seal(place: FieldPlace, plain: string): Promise<Sealed>;
  /** @throws AppError `sealed_value_refused`: changed, moved from another place, or its key is not there */
  open(place: FieldPlace, value: Sealed): Promise<string>;
  /**
   * What an exact look-up compares: a keyed hash of `plain`, which must be normalised. The first is the one to
   * store; while keys are being rotated a row may still carry another of them.
   */
  index(place: Omit<FieldPlace, 'rowId'>, plain: string): Promise<[string, ...string[]]>;
}

/** Holds the master key, or asks who holds it, and wraps data keys under it. */
export interface KeyWrapper {
  /** Where the master key is, for people: `file`, `environment`, `vault`. */
  readonly kind: 'file' | 'environment' | 'vault';
  /** The name of the master key (and version) that wraps now; holds no secret. */
  current(): Promise<string>;
  /** @param context bound to the result: the same is needed to unwrap */
  wrap(key: Uint8Array, context: string): Promise<WrappedKey>;
  /** @throws MasterKeyError where the master key of `wrapped` is not here or does not fit */
  unwrap(wrapped: WrappedKey, context: string): Promise<Buffer>;
  /** The same key under the current master key. */
  rewrap(wrapped: WrappedKey, context: string): Promise<WrappedKey>;
  /** Make a new version of the master key. Null: whoever keeps the key must do that (said in the docs). */
  renew: (() => Promise<string>) | null;
}
export interface WrappedKey {
  wrapped: string;
  /** What `current()` was when this was wrapped. */
  wrappedBy: string;
}

export interface Mail {
  to: string;
  subject: string;
  text: string;
}
export interface Mailer {
  /** False where no server is configured: mails are then kept on the outbox page and nothing pretends otherwise. */
  readonly configured: boolean;
  send(mail: Mail): Promise<void>;
}

/** Calls a person's device where no page of the app is open (Web Push). */
export interface PushSender {
  /** What browsers subscribe with; null: not configured here. */
  readonly publicKey: string | null;
  /** Whether the address leads to a push service, and to nothing else. */
  accepts(endpoint: string): boolean;
  /**
   * @param message nothing personal: it is encrypted, and shown on a locked screen all the same
   * @param options.topic a later message of the same topic takes the place of one not delivered yet
   * @returns `gone`: this device wants none any more
   * @throws AppError `push_unreachable`
   */
  send(
    target: PushTarget,
    message: string,
    options: { ttlSeconds: number; topic: string }
  ): Promise<'sent' | 'gone'>;
}
/** What a browser gave when it subscribed; keys in base64url. */
export interface PushTarget {
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** Speech to text, as the site configured it. */
export interface SpeechRecogniser {
  /** Who gets to hear it, as people are told before they agree; null: none is configured. */
  readonly host: string | null;
  /** @param audio a WAV file of one utterance @throws AppError `captions_unavailable` */
  transcribe(audio: Uint8Array, options: { language: 'zh' | 'en' }): Promise<string>;
}

/** News to open browsers (server-sent events). Reaches every process through the database. */
export interface LiveFeed {
  /** Tell these users. Delivered after the surrounding transaction commits when called through `tx.live`. */
  publish(event: LiveEvent): Promise<void>;
  subscribe(topic: LiveTopic, listener: (event: LiveEvent) => void): () => void;
  /**
   * Whether something was told of this consult since `at`, by the names that `counts`: then a page that was read at
   * that time is old. True also where this process cannot know, as after a restart.
   */
  toldSince(topic: `consult:${string}`, at: Date, counts: (name: string) => boolean): boolean;
}
/** `user:<id>` one person's bell; `consult:<id>` all who have that room open; `access` revocations; `grants` ends set; `recordings` one began. */
export type LiveTopic = `user:${string}` | `consult:${string}` | 'access' | 'grants' | 'recordings';
export interface LiveEvent {
  topic: LiveTopic;
  /** What changed, e.g. `consult.accepted`. Carries ids only; the receiver reads the rest through a use case. */
  name: string;
  data?: Readonly<Record<string, string | number | boolean | null>>;
}

/** The media server, as the use cases see it. */
export interface MediaServer {
  /** Where the browser connects, under the app's own origin (`/sfu`); null: none available. */
  readonly clientUrl: string | null;
  /** For the browser's RTCPeerConnection; null: the media server tells its clients itself. */
  readonly iceServers: readonly { urls: string; username?: string; credential?: string }[] | null;
  /** A token of a few minutes that can only join `room` with these rights. @throws AppError `sfu_unavailable` */
  token(grant: MediaGrant): Promise<string>;
  /**
   * Two tokens of a minute for an empty room of one's own, in which a made-up picture is sent and received to see how
   * good the line is. They name nobody, and open no other room. @throws AppError `sfu_unavailable`
   */
  checkTokens(): Promise<{ send: string; receive: string }>;
  /**
   * Turns a held seat (a token with `hidden`) into one with the rights of `grant`, seen by all.
   * @throws AppError `not_found` where that seat is not connected, `sfu_unavailable`
   */
  takeSeat(grant: MediaGrant): Promise<void>;
  /** Shown beside a person to everybody in the call; null takes a sign down. @throws AppError `not_found`, `sfu_unavailable` */
  sign(room: string, identity: string, signs: Partial<Record<CallSign, string | null>>): Promise<void>;
  /** Silences a microphone; the person turns it on again themselves. Quiet when there is none. */
  mute(room: string, identity: string): Promise<void>;
  /** Ends a seat at once, and tokens made before. Quiet when the person is not there. */
  remove(room: string, identity: string): Promise<void>;
  closeRoom(room: string): Promise<void>;
  /** A message of the app's own to these people of the room; in the clear as far as the media server goes. @throws AppError `sfu_unavailable` */
  tell(room: string, topic: string, message: object, identities: readonly string[]): Promise<void>;
  /** Identities in the room now, straight from the media server. */
  participants(room: string): Promise<string[]>;
}

/**
 * Records a room beside the media server (LiveKit's egress service), where the site has one. Each recording is a file of a
 * folder that both can see: in the clear, and whole once the service says that it is done.
 */
export interface RoomEgress {
  /** False: none is configured here. */
  readonly configured: boolean;
  /** @returns the service's name for it @throws AppError `recording_server_refused` */
  start(room: string, recordingId: string): Promise<string>;
  /** Resolves once nothing more is taken; quiet where it has ended. @throws AppError `sfu_unavailable` */
  stop(egressId: string): Promise<void>;
  /** What the service knows of this room's recordings. @throws AppError `sfu_unavailable` */
  list(room: string): Promise<EgressFact[]>;
  /** The file of a recording; null: there is none. */
  file(recordingId: string): Promise<{ size: number; changedAt: Date } | null>;
  read(recordingId: string): AsyncIterable<Uint8Array>;
  /** Quiet where there is none. */
  remove(recordingId: string): Promise<void>;
  /** Recordings whose files lie there. */
  files(): Promise<string[]>;
}
/** `over`: nothing more comes of it. Its clock is the service's own. */
export interface EgressFact {
  egressId: string;
  /** Null: not one of this app's. */
  recordingId: string | null;
  state: 'starting' | 'active' | 'ending' | 'over';
  /** It sits in the room, where it is active: one that died without a word does not. */
  isThere: boolean;
  /** Why it is over, where it did not simply end. */
  trouble: 'failed' | 'limit' | null;
  /** How much was recorded; null: nothing, or not known yet. */
  durationMs: number | null;
}
/** `hand`: raised since (ISO 8601, the server's clock). `away`: back soon. */
export type CallSign = 'hand' | 'away';
export interface MediaGrant {
  room: string;
  identity: string;
  name: string;
  /** Shown to others by the client; not trusted for access. */
  role: 'requester' | 'expert' | 'guest' | 'member' | 'patient' | 'delegate';
  /** Of a delegate, to the patient; shown beside the name. */
  relation?: string;
  /** Of a guest: where they work; shown beside the name. */
  organisation?: string;
  canPublish: boolean;
  canPublishData: boolean;
  /** A held seat: connected while the person is still in the lobby; unseen, and without any right, until `takeSeat`. */
  hidden?: boolean;
}

/** Renders documents. */
export interface PdfRenderer {
  opinion(document: OpinionDocument): Promise<Uint8Array>;
  consent(document: ConsentDocument): Promise<Uint8Array>;
  /** @throws AppError `file_not_an_image` where a page is no whole PNG */
  board(document: BoardDocument): Promise<Uint8Array>;
}
/** Pictures of a board, one a page, and whose they are. */
export interface BoardDocument {
  locale: 'zh-CN' | 'en';
  organisation: string;
  consultNumber: string;
  patient: { name: string; sex: string; birthDate: string; number: string };
  /** Who made it. */
  by: string;
  /** ISO 8601, shown in `timeZone` (IANA). */
  at: string;
  timeZone: string;
  pages: { title: string; png: Uint8Array }[];
}
/** A consent receipt for the patient's hand: what was asked, in the words that were shown, and what was said. */
export interface ConsentDocument {
  locale: 'zh-CN' | 'en';
  organisation: string;
  patient: { name: string; number: string; birthDate: string };
  receipts: {
    number: number;
    title: string;
    /** As shown. */
    text: string;
    version: number;
    textHash: string;
    person: string;
    answer: string;
    /** Who, how and when, in words. */
    said: string;
    /** Null: not withdrawn. */
    withdrawn: string | null;
  }[];
  /** ISO 8601, shown in `timeZone` (IANA). */
  printedAt: string;
  timeZone: string;
}
/** Everything an opinion's PDF shows, already in the reader's language where it is free text. */
export interface OpinionDocument {
  locale: 'zh-CN' | 'en';
  organisation: string;
  consultNumber: string;
  patient: { name: string; sex: string; birthDate: string; number: string };
  question: string;
  teeth: string[];
  findings: { tooth: string; text: string }[];
  diagnosis: string;
  opinion: string;
  advice: string;
  plan: { phase: string; items: { tooth: string; text: string; visits: number }[] }[];
  images: { label: string; date: string; sopInstanceUid: string | null }[];
  boardPng: Uint8Array | null;
  /** `licence`: number of the practising certificate. */
  author: { name: string; title: string; organisation: string; licence?: string | null };
  /** ISO 8601, shown in `timeZone` (IANA; default UTC). */
  signedAt: string;
  timeZone?: string;
  /** SHA-256 of the signed text in canonical JSON, hex. */
  digest: string;
  /** Drawn across the page while not signed. */
  draft: boolean;
}

/** Who someone is: passwords, sessions, tries. Backed by better-auth. */
export interface Authenticator {
  /** Name of the session's cookie: `__Host-…` on https. */
  readonly cookieName: string;
  /** True where cookies go over https only. */
  readonly secure: boolean;
  /** The session behind these request headers, or null. */
  session(headers: Headers): Promise<AuthSession | null>;
  /**
   * The person with this address and password. Takes as long for an address nobody has.
   * @throws AppError `wrong_credentials`, `too_many_tries`
   */
  checkCredentials(input: { email: string; password: string; ip: string }): Promise<string>;
  /** A new session, confirmed now; the one the headers carry ends. */
  openSession(input: {
    userId: string;
    headers: Headers;
    ip: string;
    /** False after a sign-in that showed no password, passkey or code here. */
    confirmed?: boolean;
  }): Promise<{ sessionId: string; setCookies: string[] }>;
  /** Cookies that end the session in the browser too. */
  signOut(headers: Headers): Promise<string[]>;
  /** A sign of life; written at most twice a minute. */
  seen(session: AuthSession): Promise<void>;
  /** The person has just shown again who they are. */
  confirm(sessionId: string): Promise<void>;
  /** When they last did; null: not in this session, or it has ended. */
  confirmedAt(sessionId: string): Promise<Date | null>;
  /** True where `password` is this user's. @throws AppError `too_many_tries` */
  verifyPassword(userId: string, password: string): Promise<boolean>;
  setPassword(userId: string, password: string): Promise<void>;
  createUser(input: { email: string; password: string; name: string }): Promise<string>;
  /** Ends all sessions of a user at once, but `except`. */
  endSessions(userId: string, except?: string): Promise<void>;
  readonly tries: TryCounter;
  readonly secrets: Secrets;
  /** Sign-in elsewhere; null: not configured. */
  readonly oidc: IdentityProvider | null;
  /** Passwords many people use, in lower case. */
  commonPasswords(): ReadonlySet<string>;
}
export interface AuthSession {
  sessionId: string;
  userId: string;
  name: string;
  email: string;
  expiresAt: Date;
  lastSeenAt: Date;
  confirmedAt: Date | null;
  /** The membership this session acts from; null: none chosen yet. */
  memberId: string | null;
}

/** An OpenID Connect provider. */
export interface IdentityProvider {
  /** On the button. */
  readonly name: string;
  readonly issuer: string;
  /** Where to send the browser; `checks` must come back with its answer. @throws AppError `oidc_failed` */
  begin(redirectUri: string): Promise<{ url: string; checks: Record<string, string> }>;
  /** Whom the answer (the whole address the browser came back to) names. @throws AppError `oidc_failed` */
  finish(
    answer: string,
    checks: Record<string, string>
  ): Promise<{ subject: string; email: string | null; emailVerified: boolean }>;
}

/** Counts tries at a door, over restarts and nodes, with a pause that grows. */
export interface TryCounter {
  /** Count a try before it is made. @throws AppError `too_many_tries` with the minutes left */
  begin(door: 'account' | 'address', name: string): Promise<void>;
  /** The try was good: an account's failures are forgotten, an address gets this one try back. */
  good(door: 'account' | 'address', name: string): Promise<void>;
  unlock(door: 'account' | 'address', name: string): Promise<void>;
  /** When the pause ends; null: none. */
  pausedUntil(door: 'account' | 'address', name: string): Promise<Date | null>;
}

/** Small secrets at rest, and keyed hashes of what is only compared. */
export interface Secrets {
  /** Encrypt; opens only with the same `context` (whose it is). */
  seal(text: string, context: string): string;
  /** @throws AppError `internal` where the text was changed or belongs elsewhere */
  open(sealed: string, context: string): string;
  /** Keyed hash, hex. */
  digest(text: string, purpose: string): string;
  /** 256 random bits, base64url. */
  token(): string;
}

/** Structured log (pino). Never personal data: ids, codes, durations. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
