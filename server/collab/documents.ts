import type { Clock } from '#lib/kernel/clock.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import { build } from './build.ts';
import { DocumentChannel } from './document-channel.ts';
import { LiveDocument } from './document.ts';
import { nameOf } from './error-name.ts';
import type { Inspect } from './judge.ts';
import type { Limits } from './limits.ts';
import type { Member } from './member.ts';
import type { DocumentKey, Persistence } from './persistence.ts';
import type { Relay } from './relay.ts';

export interface DocumentsOptions {
  persistence: Persistence;
  relay: Relay;
  inspect: Inspect | null;
  limits: Limits;
  clock: Clock;
  log: Logger;
}

/** A document on its way through memory. It stays here, to be joined, until it is saved whole. */
interface Entry {
  loaded: Promise<LiveDocument | null>;
  document: LiveDocument | null;
  idle: ReturnType<typeof setTimeout> | null;
  retiring: Promise<void> | null;
  /** Asked for while it was being loaded. */
  closed: boolean;
}

/** The documents in memory: loaded once however many ask, let go of when idle and saved. */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #entries = new Map<string, Entry>();
  #stopped = false;

  constructor(options: DocumentsOptions) {
    this.#options = options;
  }

  /**
   * Join a document, loading it where it is not in memory. One that is just leaving memory is joined and stays.
   *
   * @returns null where there is no such document
   */
  async join(key: DocumentKey, member: Member): Promise<LiveDocument | null> {
    for (;;) {
      const entry = this.#entries.get(key.documentId) ?? this.#load(key);
      const document = await entry.loaded;
      if (document === null || member.ended) return document;
      // It may have left memory between the resolution and here.
      if (this.#entries.get(key.documentId) !== entry) continue;
      if (document.failed) {
        await this.#retire(entry, document);
        continue;
      }
      if (entry.idle) clearTimeout(entry.idle);
      entry.idle = null;
      document.join(member);
      return document;
    }
  }

  leave(document: LiveDocument, member: Member): void {
    document.leave(member);
    const entry = this.#entries.get(document.key.documentId);
    if (entry?.document === document) this.#scheduleIdle(entry, document);
  }

  /** From now on read only. Resolves once all that came before is durable. */
  async setReadOnly(documentId: string): Promise<void> {
    const entry = this.#entries.get(documentId);
    if (!entry) return;
    entry.closed = true;
    entry.document?.setReadOnly('closed');
    const document = await entry.loaded;
    await document?.updates.drained();
  }

  all(): LiveDocument[] {
    return [...this.#entries.values()].flatMap((entry) => entry.document ?? []);
  }

  /** Save everything and let go of it; gives up after `withinMs`. */
  async close(withinMs: number): Promise<void> {
    this.#stopped = true;
    const retired = Promise.all(
      [...this.#entries.values()].map(async (entry) => {
        const document = await entry.loaded.catch(() => null);
        if (document) await this.#retire(entry, document);
      })
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([retired, expired]);
    clearTimeout(timer);
    for (const document of this.all()) {
      this.#options.log.error(
        { ...document.key, bytes: document.updates.bytes },
        'stopped before all was saved'
      );
      document.destroy();
    }
    this.#entries.clear();
  }

  #load(key: DocumentKey): Entry {
    const entry: Entry = {
      loaded: this.#read(key),
      document: null,
      idle: null,
      retiring: null,
      closed: false
    };
    this.#entries.set(key.documentId, entry);
    const forget = (): void => {
      if (this.#entries.get(key.documentId) === entry) this.#entries.delete(key.documentId);
    };
    entry.loaded = entry.loaded.then(
      (document) => {
        if (!document) forget();
        else {
          entry.document = document;
          if (entry.closed) document.setReadOnly('closed');
          // Whoever asked may be gone by now.
          this.#scheduleIdle(entry, document);
        }
        return document;
      },
      (error: unknown) => {
        forget();
        throw error;
      }
    );
    return entry;
  }

  async #read(key: DocumentKey): Promise<LiveDocument | null> {
    const { relay, persistence, log } = this.#options;
    // Before the document is read, or what is written meanwhile would be missed.
    const channel = await DocumentChannel.open({ relay, documentId: key.documentId, log });
    try {
      const stored = await persistence.load(key);
      if (stored) {
        const doc = await build(stored, (error) =>
          log.warn({ ...key, error: nameOf(error) }, 'large document built in one go')
        );
        return new LiveDocument({ ...this.#options, key, stored, doc, channel });
      }
    } catch (error) {
      channel.close();
      throw error;
    }
    channel.close();
    return null;
  }

  #scheduleIdle(entry: Entry, document: LiveDocument): void {
    if (document.members.size > 0 || this.#stopped) return;
    if (entry.idle) clearTimeout(entry.idle);
    const afterMs = document.failed ? 0 : this.#options.limits.idleMs;
    entry.idle = setTimeout(() => void this.#retire(entry, document), afterMs);
    entry.idle.unref();
  }

  #retire(entry: Entry, document: LiveDocument): Promise<void> {
    if (entry.idle) clearTimeout(entry.idle);
    entry.idle = null;
    entry.retiring ??= this.#saveAndForget(entry, document).finally(() => {
      entry.retiring = null;
    });
    return entry.retiring;
  }

  /** Ends early where somebody joins meanwhile: the document then simply stays. */
  async #saveAndForget(entry: Entry, document: LiveDocument): Promise<void> {
    const { limits, log } = this.#options;
    for (let failures = 0; ;) {
      document.flush();
      await document.updates.drained();
      if (document.members.size > 0 || this.#entries.get(document.key.documentId) !== entry) return;
      if (document.busy) {
        await pause(1);
        continue;
      }
      if (document.failed || !document.snapshots.isNeeded) break;
      try {
        await document.snapshot();
      } catch (error) {
        failures++;
        log.warn({ ...document.key, failures, error: nameOf(error) }, 'snapshot failed, document kept');
        await pause(Math.min(limits.retryMaxMs, limits.retryMs * 2 ** (failures - 1)));
      }
    }
    // No await since the last check: nobody can have joined or written.
    this.#entries.delete(document.key.documentId);
    document.destroy();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
