import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import type { Access } from './access.ts';
import { type CloseReason, closeCodes } from './close-codes.ts';
import type { LiveDocument } from './document.ts';
import type { Limits } from './limits.ts';
import type { Member, ReadOnlyReason } from './member.ts';
import {
  type Incoming,
  type Notice,
  decode,
  encodeDenied,
  encodeNotice,
  encodeStep1,
  encodeStep2,
  encodeUpdate,
  keepAlive
} from './protocol.ts';
import { isPatient } from './patient-view.ts';
import { Rate } from './rate.ts';

/** `waiting`: for the right, then for the document; what comes meanwhile is held. */
type Phase = 'waiting' | 'open' | 'ended';
/** Why the socket is not read at the moment. */
type Hold = 'full' | 'rate' | 'overload' | 'inspection';

export interface ConnectionOptions {
  socket: WebSocket;
  request: IncomingMessage;
  documentId: string;
  limits: Limits;
  /** Called once, when it has ended for whatever reason. */
  onEnd: (connection: Connection, reason: CloseReason | null) => void;
}

/** A keep-alive has to come more often than y-websocket's 30 s. */
const quietMs = 20_000;
const askAliveAfterMs = 30_000;
const silentMs = 75_000;
const closeGraceMs = 800;
/** Of a document without content. */
const noUpdate = Uint8Array.of(0, 0);
const noState = Uint8Array.of(0);
const noticeEveryMs = 1_000;
/** Who is within the limits for so long is no flood any more. */
const floodPauseMs = 5_000;

/** One client's socket. */
export class Connection implements Member {
  readonly request: IncomingMessage;
  readonly documentId: string;
  tainted = false;
  keepsPresences = false;
  /** The right was taken away or changed while it was being looked up: the answer under way is stale. */
  stale = false;
  authorisedAtMs = 0;
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  readonly #onEnd: ConnectionOptions['onEnd'];
  #phase: Phase = 'waiting';
  #access: Access | null = null;
  #document: LiveDocument | null = null;
  /** Kept until the document is open. */
  #held: Uint8Array[] = [];
  /** Kept until the client has answered our step 1: what it drew since builds on what it drew before. */
  #early: Extract<Incoming, { kind: 'update' | 'mark' }>[] | null = [];
  #keptBytes = 0;
  /**
   * It was sent what it lacked. Before, it is sent no changes: they would build on what it has not got, and where this
   * node dies then, it would carry them to the next one, torn from what they build on.
   */
  #isAnswered = false;
  readonly #holds = new Set<Hold>();
  readonly #messageRate: Rate;
  readonly #byteRate: Rate;
  #rateTimer: ReturnType<typeof setTimeout> | null = null;
  /** Since when it has sent more than the limit, with no pause worth the name; and when it last did. */
  #floodSinceMs = 0;
  #floodedAtMs = Number.NEGATIVE_INFINITY;
  /** Set while the client takes in more slowly than it is sent to: where it stands, and since when. */
  #behind: { stateVector: Uint8Array; version: number; sinceMs: number } | null = null;
  #missedPresences = false;
  #sentAtMs = performance.now();
  #heardAtMs = performance.now();
  #asked = false;
  #noticeAtMs = Number.NEGATIVE_INFINITY;

  constructor({ socket, request, documentId, limits, onEnd }: ConnectionOptions) {
    this.#socket = socket;
    this.request = request;
    this.documentId = documentId;
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.#messageRate = new Rate(limits.messagesASecond, performance.now());
    this.#byteRate = new Rate(limits.bytesASecond, performance.now());
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => this.#heard());
    socket.on('close', () => this.#finish(null));
    // ws closes the socket itself, and 'close' follows.
    socket.on('error', () => this.#finish(null));
  }

  get ended(): boolean {
    return this.#phase === 'ended';
  }

  /** Null until it was authorised. */
  get access(): Access {
    if (!this.#access) throw new Error('connection without access');
    return this.#access;
  }
  /** [CO-31] A patient's socket gets what is shown to it, and nothing of the document itself. */
  get #isPatient(): boolean {
    return isPatient(this.access);
  }
  get accessOrNull(): Access | null {
    return this.#access;
  }

  /** What was just looked up; also when it has changed. */
  grant(access: Access): void {
    const before = this.#access;
    this.#access = access;
    this.authorisedAtMs = performance.now();
    if (!before || !this.#document) return;
    if (before.name !== access.name || before.role !== access.role) this.#document.presences.resign(this);
    if (before.mode === access.mode) return;
    const readOnly = this.#document.readOnlyFor(access);
    this.notify(readOnly === null ? { kind: 'writable' } : { kind: 'read-only', reason: readOnly });
  }

  /** The document is there and this connection one of its members. */
  open(document: LiveDocument): void {
    this.#document = document;
    this.#phase = 'open';
    const readOnly = document.readOnlyFor(this.access);
    if (readOnly !== null) this.notify({ kind: 'read-only', reason: readOnly });
    // Before anything else: the answer to it brings what the client did while it was away.
    this.send(encodeStep1(this.#isPatient ? noState : document.stateVector));
    if (this.#isPatient) this.send(document.patientViews.whole());
    this.#sendAllPresences();
    const held = this.#held;
    this.#held = [];
    this.#keptBytes = 0;
    for (const bytes of held) this.#handle(bytes);
    this.#release('full');
  }

  get document(): LiveDocument | null {
    return this.#document;
  }

  #heard(): void {
    this.#heardAtMs = performance.now();
    this.#asked = false;
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.ended) return;
    this.#heard();
    if (!isBinary || !(data instanceof Uint8Array)) return this.end('badMessage');
    if (data.byteLength > this.#limits.messageBytes) return this.end('tooLarge');
    this.#throttle(data.byteLength);
    if (this.ended) return;
    if (this.#phase === 'open') return this.#handle(data);
    this.#held.push(data);
    this.#keep(data.byteLength, this.#held.length);
  }

  /** Bound what is kept: beyond, the socket is not read, so that the rest waits in the client. */
  #keep(bytes: number, count: number): void {
    this.#keptBytes += bytes;
    if (this.#keptBytes > this.#limits.heldBytes || count > this.#limits.heldMessages) this.#hold('full');
  }

  #throttle(bytes: number): void {
    const now = performance.now();
    const waitMs = Math.max(this.#messageRate.take(1, now), this.#byteRate.take(bytes, now));
    if (waitMs === 0) return;
    if (now - this.#floodedAtMs > floodPauseMs) this.#floodSinceMs = now;
    this.#floodedAtMs = now;
    if (now - this.#floodSinceMs > this.#limits.floodMs) return this.end('flood');
    if (this.#rateTimer) return;
    this.#hold('rate');
    this.#rateTimer = setTimeout(() => {
      this.#rateTimer = null;
      this.#release('rate');
    }, waitMs);
  }

  #handle(bytes: Uint8Array): void {
    if (this.ended) return;
    const message = attempt(() => decode(bytes));
    if (message) this.#dispatch(message);
    else this.end('badMessage');
  }

  #dispatch(message: Incoming): void {
    const document = this.#document;
    if (!document) return;
    switch (message.kind) {
      case 'state-vector': {
        const difference = this.#isPatient
          ? noUpdate
          : attempt(() => document.difference(message.stateVector));
        this.#isAnswered = true;
        if (difference) this.send(encodeStep2(difference));
        else this.end('badMessage');
        return;
      }
      case 'update':
      case 'mark':
        this.#contribute(document, message);
        return;
      case 'presence':
        document.presences.receive(this, message.entries);
        return;
      case 'query-presence':
        this.#sendAllPresences();
        return;
      case 'keeps-presences':
        this.keepsPresences = true;
        return;
      case 'unknown':
        return;
    }
  }

  #contribute(document: LiveDocument, message: Extract<Incoming, { kind: 'update' | 'mark' }>): void {
    const early = this.#early;
    if (early === null) return document.submit(this, message);
    if (message.kind === 'update' && message.answersStep1) {
      this.#early = null;
      document.submit(this, message);
      for (const waiting of early) document.submit(this, waiting);
      return;
    }
    early.push(message);
    this.#keptBytes += message.kind === 'update' ? message.update.byteLength : 0;
    // Its answer is behind this on the same socket, so not reading on would wait for ever.
    if (this.#keptBytes > this.#limits.messageBytes || early.length > 16 * this.#limits.heldMessages)
      this.end('badMessage');
  }

  #sendAllPresences(): void {
    const all = this.#document?.presences.all();
    if (all) this.sendPresences(all);
  }

  /** What it was not told while it was busy, also who has gone meanwhile. */
  #makeUpPresences(): void {
    if (!this.#missedPresences) return;
    this.#missedPresences = false;
    const told = this.#document?.presences.told();
    if (told) this.sendPresences(told);
  }

  send(frame: Uint8Array): void {
    if (this.ended) return;
    this.#sentAtMs = performance.now();
    this.#socket.send(frame, { binary: true, compress: false });
    if (!this.#behind && this.#socket.bufferedAmount > this.#limits.bufferedBytes) this.#fallBehind();
  }

  sendUpdate(frame: Uint8Array): void {
    if (this.#isAnswered && !this.#behind && !this.#isPatient) this.send(frame);
  }

  sendShown(frame: Uint8Array): void {
    if (!this.#behind) this.send(frame);
  }

  sendPresences(frame: Uint8Array): void {
    // The newest place is all that counts: whoever is busy gets it when it is not.
    if (this.#socket.bufferedAmount > this.#limits.bufferedBytes / 4) this.#missedPresences = true;
    else this.send(frame);
  }

  /**
   * The client reads more slowly than it is sent to. It gets nothing more until it has taken in what waits,
   * then the difference in one piece: so memory does not grow, and nobody has to reconnect.
   */
  #fallBehind(): void {
    const document = this.#document;
    if (!document) return;
    this.#behind = {
      stateVector: document.stateVector,
      version: document.version,
      sinceMs: performance.now()
    };
    this.#socket.send(keepAlive, { binary: true, compress: false }, (error) => {
      if (!error) this.#caughtUp(document);
    });
  }

  #caughtUp(document: LiveDocument): void {
    const behind = this.#behind;
    this.#behind = null;
    if (this.ended || !behind) return;
    if (behind.version !== document.version)
      this.send(
        this.#isPatient
          ? document.patientViews.whole()
          : encodeUpdate(document.difference(behind.stateVector))
      );
    this.#makeUpPresences();
  }

  notify(notice: Notice): void {
    this.send(encodeNotice(notice));
  }

  presenceTooLarge(): void {
    if (this.#mayNotice()) this.notify({ kind: 'presence-too-large' });
  }

  refuseWrite(reason: ReadOnlyReason): void {
    this.tainted = true;
    if (!this.#mayNotice()) return;
    this.send(encodeDenied('read-only'));
    this.notify({ kind: 'read-only', reason });
  }

  #mayNotice(): boolean {
    const now = performance.now();
    if (now - this.#noticeAtMs < noticeEveryMs) return false;
    this.#noticeAtMs = now;
    return true;
  }

  holdBack(why: 'overload' | 'inspection', on: boolean): void {
    if (on) this.#hold(why);
    else this.#release(why);
  }

  #hold(why: Hold): void {
    if (this.ended) return;
    this.#holds.add(why);
    this.#socket.pause();
  }

  #release(why: Hold): void {
    if (!this.#holds.delete(why) || this.#holds.size > 0) return;
    this.#heard();
    this.#socket.resume();
  }

  /** Call every few seconds. */
  care(nowMs: number): void {
    if (this.ended) return;
    if (this.#behind && nowMs - this.#behind.sinceMs > this.#limits.slowReaderMs)
      return this.end('slowReader');
    if (!this.#behind) this.#makeUpPresences();
    if (nowMs - this.#sentAtMs >= quietMs && this.#phase === 'open') this.send(keepAlive);
    // A socket that is not read cannot show that it is alive.
    if (this.#holds.size > 0) return;
    if (nowMs - this.#heardAtMs > silentMs) return this.end('silent');
    if (nowMs - this.#heardAtMs > askAliveAfterMs && !this.#asked) {
      this.#asked = true;
      this.#socket.ping();
    }
  }

  /** Takes nothing in and sends nothing from this moment; the close code follows what was already sent. */
  end(reason: CloseReason): void {
    if (this.ended) return;
    this.#finish(reason);
    this.#socket.resume();
    this.#socket.close(closeCodes[reason], reason);
    setTimeout(() => this.#socket.terminate(), closeGraceMs).unref();
  }

  #finish(reason: CloseReason | null): void {
    if (this.ended) return;
    this.#phase = 'ended';
    if (this.#rateTimer) clearTimeout(this.#rateTimer);
    this.#held = [];
    this.#early = null;
    this.#behind = null;
    this.#onEnd(this, reason);
  }
}

/** What a decoder makes of a client's bytes; null where it fails, in whatever way decoders do. */
function attempt<T>(decoder: () => T): T | null {
  try {
    return decoder();
  } catch {
    return null;
  }
}
