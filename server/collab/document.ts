import * as Y from 'yjs';
import type { Clock } from '#lib/kernel/clock.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import { type Access, authorOf } from './access.ts';
import { fromLog } from './build.ts';
import { Cadence } from './cadence.ts';
import { Content, saysNothing } from './content.ts';
import type { DocumentChannel } from './document-channel.ts';
import { DocumentLink } from './document-link.ts';
import { nameOf } from './error-name.ts';
import { FormerScales } from './former-scales.ts';
import { type Inspect, judge } from './judge.ts';
import type { Limits } from './limits.ts';
import { LogFollower } from './log-follower.ts';
import type { DocumentKey, LogRow, Persistence, StoredDocument } from './persistence.ts';
import type { Contribution, Member, ReadOnlyReason } from './member.ts';
import { PatientViews } from './patient-view.ts';
import { Presences } from './presence.ts';
import { type Notice, encodeSaved, encodeUpdate } from './protocol.ts';
import { Snapshots } from './snapshots.ts';
import { UpdateLog } from './update-log.ts';
import { isKnown } from './update.ts';

export interface DocumentOptions {
  key: DocumentKey;
  stored: StoredDocument;
  /** What is stored, built. */
  doc: Y.Doc;
  persistence: Persistence;
  inspect: Inspect | null;
  channel: DocumentChannel;
  limits: Limits;
  clock: Clock;
  log: Logger;
  /** See judge.ts; default: true. */
  heedsLock?: boolean;
}

/** From one flush to the next: so many times as long as flushes took lately, which leaves time for other documents. */
const pauseOfFlush = 2;

/** One document in memory: applies, tells and saves what its members contribute. */
export class LiveDocument {
  readonly key: DocumentKey;
  readonly #content: Content;
  readonly members = new Set<Member>();
  readonly presences: Presences;
  readonly patientViews = new PatientViews({ doc: () => this.#content.doc, members: this.members });
  readonly updates: UpdateLog;
  readonly snapshots: Snapshots;
  readonly link: DocumentLink;
  readonly #follower: LogFollower;
  readonly #formerScales: FormerScales;
  /** Set once Yjs itself failed on it: what memory holds is no longer to be trusted. */
  failed = false;
  /** Without `stored`, which would be a second copy of the document in memory. */
  readonly #options: Omit<DocumentOptions, 'stored' | 'doc'>;
  readonly #cadence: Cadence;
  #incoming = new Map<Member, Contribution[]>();
  /** What waits for a look-up of `inspect`, first the update that is asked about. */
  readonly #blocked = new Map<Member, Contribution[]>();
  /** Who the flush under way writes for. */
  #author = '';
  /** What the flush under way has changed. */
  #emitted: Uint8Array[] = [];
  #marks: { member: Member; mark: number; after: number }[] = [];
  #readOnly: 'closed' | 'full' | null;
  #overloaded = false;
  #delayed = false;
  #writtenAtMs = performance.now();
  /** How long flushes took lately: the newest counts a tenth, for one may have waited for the processor. */
  #flushMs = 0;
  /** Counts changes, to see whether there was one. */
  version = 0;

  constructor({ stored, doc, ...options }: DocumentOptions) {
    const { key, limits, persistence, channel } = options;
    this.key = key;
    this.#options = options;
    this.#readOnly = stored.closedAt ? 'closed' : null;
    this.#content = new Content(doc, (update, origin) => this.#changed(update, origin));
    this.#cadence = new Cadence(
      () => Math.min(limits.tickMs, pauseOfFlush * this.#flushMs),
      () => this.flush()
    );
    this.presences = new Presences({
      ...limits,
      members: this.members,
      nowMs: () => performance.now(),
      relay: (presences) => channel.tell({ kind: 'presences', presences })
    });
    this.updates = new UpdateLog({
      ...limits,
      append: (rows) => this.#append(rows),
      onSaved: (failures) => this.#saved(failures),
      onFailed: (error, failures) => this.#saveFailed(error, failures)
    });
    this.#follower = new LogFollower({
      ...limits,
      known: stored.lastNumber,
      read: (after) => persistence.since(key, after, Number.MAX_SAFE_INTEGER),
      apply: (updates) => this.#adopt(updates),
      onReadFailed: (error) => options.log.warn({ ...key, error: nameOf(error) }, 'log could not be read')
    });
    this.link = new DocumentLink({ follower: this.#follower, presences: this.presences, channel });
    this.#formerScales = new FormerScales({
      durable: () => this.updates.durable(),
      read: () => persistence.since(key, 0, Number.MAX_SAFE_INTEGER)
    });
    this.snapshots = new Snapshots({
      state: () => this.#content.state,
      stored,
      limits,
      known: () => this.#follower.known,
      durable: () => this.updates.durable(),
      keep: (snapshot) => persistence.snapshot(key, { ...snapshot, at: options.clock.now() }),
      seal: (upTo) => persistence.seal(key, upTo),
      onSealFailed: (error) => options.log.warn({ ...key, error: nameOf(error) }, 'log not packed')
    });
  }

  /** Why this member may not write; null where it may. */
  readOnlyFor(access: Access): ReadOnlyReason | null {
    return access.mode === 'read' ? 'access' : this.#readOnly;
  }

  join(member: Member): void {
    this.members.add(member);
    if (this.#overloaded) member.holdBack('overload', true);
  }

  leave(member: Member): void {
    this.members.delete(member);
    this.#marks = this.#marks.filter((waiting) => waiting.member !== member);
    this.presences.leave(member);
  }

  /** Take in what a member sent. Its order is kept; it is applied at the end of the tick. */
  submit(member: Member, contribution: Contribution): void {
    const own = this.#blocked.get(member) ?? this.#incoming.get(member);
    if (own) own.push(contribution);
    else this.#incoming.set(member, [contribution]);
    this.#cadence.request();
  }

  get stateVector(): Uint8Array {
    return this.#content.stateVector;
  }

  /** What a client that has `stateVector` is lacking. @throws where it is no state vector */
  difference(stateVector: Uint8Array): Uint8Array {
    return this.#content.difference(stateVector);
  }

  /** Apply all that was submitted: one message to everyone, one row an author. */
  flush(): void {
    this.#cadence.stop();
    const began = performance.now();
    const incoming = this.#incoming;
    this.#incoming = new Map();
    const writers = new Set<Member>();
    for (const [member, contributions] of incoming) {
      const before = this.#emitted.length;
      // One transaction a member: its changes come out of Yjs as one update, under its author.
      this.#author = authorOf(member.access);
      this.#within(contributions, member, () => this.#take(member, contributions));
      if (this.failed) break;
      if (this.#emitted.length > before) writers.add(member);
    }
    this.#tell(writers.size === 1 ? [...writers][0]! : null);
    this.#acknowledge();
    if (!this.#overloaded && this.updates.bytes > this.#options.limits.unsavedBytes) this.#overload(true);
    this.#flushMs += (performance.now() - began - this.#flushMs) / 10;
  }

  /** In one transaction; a mark, or an answer that says nothing, does not wake a document that rests. */
  #within(contributions: readonly Contribution[], member: Member, work: () => void): void {
    const isQuiet = contributions.every((each) => each.kind === 'mark' || saysNothing(each.update));
    if (isQuiet) return work();
    this.#writtenAtMs = performance.now();
    this.#content.doc.transact(work, member);
  }

  #take(member: Member, contributions: readonly Contribution[]): void {
    for (const [i, contribution] of contributions.entries()) {
      if (contribution.kind === 'mark') {
        // After this member's transaction, whose changes are entry `added + 1` if there are any.
        this.#marks.push({ member, mark: contribution.mark, after: this.updates.added + 1 });
        continue;
      }
      const outcome = this.#takeUpdate(member, contribution.update);
      if (outcome instanceof Promise) this.#block(member, outcome, contributions.slice(i));
      // What follows a refused update of the same client builds on it.
      if (outcome !== 'taken') return;
    }
  }

  #block(member: Member, until: Promise<void>, contributions: Contribution[]): void {
    this.#blocked.set(member, contributions);
    member.holdBack('inspection', true);
    const unblock = (): Contribution[] => {
      const waiting = this.#blocked.get(member) ?? [];
      this.#blocked.delete(member);
      member.holdBack('inspection', false);
      return waiting;
    };
    until.then(
      () => {
        for (const contribution of unblock()) this.submit(member, contribution);
      },
      (error: unknown) => {
        unblock();
        this.#options.log.error({ ...this.key, error: nameOf(error) }, 'inspection failed');
        member.end('serverFailed');
      }
    );
  }

  #takeUpdate(member: Member, update: Uint8Array): 'taken' | 'refused' | Promise<void> {
    if (saysNothing(update)) return 'taken';
    const { doc } = this.#content;
    const readOnly = this.readOnlyFor(member.access);
    if (readOnly !== null) {
      // The answer of a reader's client to our step 1 usually says nothing new.
      if (isKnown(update, doc)) return 'taken';
      member.refuseWrite(readOnly);
      return 'refused';
    }
    const verdict = judge(update, {
      documentId: this.key.documentId,
      doc,
      access: member.access,
      inspect: this.#options.inspect,
      formerScalesOf: (imageId) => this.#formerScales.of(imageId),
      presences: this.presences,
      heedsLock: this.#options.heedsLock ?? true
    });
    switch (verdict.kind) {
      case 'later':
        return verdict.until;
      case 'bad':
        this.#logRefusal(member, verdict.why);
        member.end('badMessage');
        return 'refused';
      case 'refused':
        this.#logRefusal(member, verdict.code);
        member.notify({ kind: 'refused', code: verdict.code });
        member.end('refusedContent');
        return 'refused';
      case 'fine':
        return this.#applyOf(member, update);
    }
  }

  #applyOf(member: Member, update: Uint8Array): 'taken' | 'refused' {
    try {
      Y.applyUpdate(this.#content.doc, update, member);
      return 'taken';
    } catch (error) {
      // Crafted so well that `judge` lets it through and Yjs fails half-way.
      member.end('badMessage');
      this.#fail(error);
      return 'refused';
    }
  }

  #logRefusal(member: Member, why: string): void {
    this.#options.log.warn({ ...this.key, author: authorOf(member.access), why }, 'update refused');
  }

  #changed(update: Uint8Array, origin: unknown): void {
    // What Yjs makes of a transaction it failed in must reach neither the others nor the log.
    if (this.failed) return;
    this.version++;
    this.#emitted.push(update);
    this.#formerScales.saw(update);
    if (origin !== fromLog)
      this.updates.add({ bytes: update, author: this.#author, at: this.#options.clock.now() });
  }

  /** Send what was changed to all but `author`, who has it. */
  #tell(author: Member | null): void {
    const emitted = this.#emitted;
    this.#emitted = [];
    if (emitted.length === 0) return;
    this.patientViews.changed();
    const frame = encodeUpdate(emitted.length === 1 ? emitted[0]! : Y.mergeUpdates(emitted));
    for (const member of this.members) if (member !== author) member.sendUpdate(frame);
  }

  #acknowledge(): void {
    const { added, saved } = this.updates;
    this.#marks = this.#marks.filter(({ member, mark, after }) => {
      if (Math.min(after, added) > saved) return true;
      if (!member.ended && !member.tainted) member.send(encodeSaved(mark));
      return false;
    });
  }

  async #append(rows: readonly LogRow[]): Promise<void> {
    const last = await this.#options.persistence.append(this.key, rows);
    this.snapshots.count(rows);
    this.link.wrote(
      rows.map((row) => row.bytes),
      last
    );
  }

  #adopt(updates: readonly Uint8Array[]): void {
    try {
      this.#writtenAtMs = performance.now();
      this.#content.apply(updates);
    } catch (error) {
      return this.#fail(error);
    }
    this.#tell(null);
  }

  #saved(failures: number): void {
    if (this.#delayed) this.announce({ kind: 'save-resumed' });
    if (failures > 0) this.#options.log.info({ ...this.key, failures }, 'save succeeded again');
    this.#delayed = false;
    this.#acknowledge();
    const { unsavedBytes } = this.#options.limits;
    if (this.#overloaded && this.updates.bytes <= unsavedBytes / 2) this.#overload(false);
    if (this.snapshots.isDue)
      void this.snapshot().catch((error: unknown) => {
        this.#options.log.warn({ ...this.key, error: nameOf(error) }, 'snapshot failed, the log has all');
      });
  }

  #saveFailed(error: unknown, failures: number): void {
    const { log } = this.#options;
    log.error(
      { ...this.key, failures, bytes: this.updates.bytes, error: nameOf(error) },
      'save failed, kept'
    );
    if (this.#delayed || failures < 3) return;
    this.#delayed = true;
    this.announce({ kind: 'save-delayed' });
  }

  announce(notice: Notice): void {
    for (const member of this.members) member.notify(notice);
  }

  #overload(on: boolean): void {
    this.#overloaded = on;
    for (const member of this.members) member.holdBack('overload', on);
  }

  /** Write the whole state down. Rejects where that failed; the log holds all of it anyway. */
  async snapshot(): Promise<void> {
    await this.snapshots.write();
    const isFull = this.snapshots.size > this.#options.limits.documentBytes;
    if (isFull && this.#readOnly === null) this.setReadOnly('full');
  }

  /** No more changes from now on; what came before is taken. */
  setReadOnly(reason: 'closed' | 'full'): void {
    this.flush();
    this.#readOnly = reason;
    for (const member of this.members)
      if (member.access.mode === 'write') member.notify({ kind: 'read-only', reason });
  }

  /** Call every few seconds: a document that nobody writes in takes less memory. */
  rest(nowMs: number): void {
    if (!this.busy && !this.failed && nowMs - this.#writtenAtMs >= this.#options.limits.restMs)
      this.#content.rest();
  }

  /** True while something is not durable yet. */
  get busy(): boolean {
    return this.#incoming.size > 0 || this.#blocked.size > 0 || !this.updates.idle;
  }

  #fail(error: unknown): void {
    this.#options.log.error({ ...this.key, error: nameOf(error) }, 'document failed, will be read anew');
    this.failed = true;
    for (const member of this.members) member.end('serverFailed');
  }

  destroy(): void {
    this.#cadence.stop();
    this.presences.stop();
    this.patientViews.stop();
    this.updates.stop();
    this.#follower.stop();
    this.#options.channel.close();
    this.#content.destroy();
  }
}
