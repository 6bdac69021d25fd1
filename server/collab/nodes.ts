import type { Logger } from '#lib/kernel/ports.ts';
import type { Relay, RelayChannel } from './relay.ts';
import { type NodeNews, type Order, decodeNodeNews, encodeNodeNews } from './relay-messages.ts';

export interface NodesOptions {
  relay: Relay;
  /** How often a node says that it lives, and how long it may be silent. */
  beatMs: number;
  nodeSilentMs: number;
  /** The relay carries: what was said before is to be made up for. `again`: after `onApart`. */
  onTogether: (again: boolean) => void;
  /** The relay carries nothing. */
  onApart: () => void;
  /** A node was heard for the first time, or again after having been given up. */
  onCome: () => void;
  /** A node said goodbye or nothing for too long. */
  onGone: (node: string) => void;
  onOrder: (order: Order) => void;
  /** Orders of other nodes may have been missed, once for each time that they may. */
  onMissed: () => void;
  log: Logger;
}

/**
 * The nodes of the site. Each says every second that it lives, and hears itself say so: whether the relay carries is
 * seen at its end, not guessed from the state of a connection.
 */
export class Nodes {
  readonly #options: NodesOptions;
  readonly #heardAtMs = new Map<string, number>();
  #channel: RelayChannel | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  /** Null until the relay was seen to carry, or not to. */
  #together: boolean | null = null;
  #echoAtMs = performance.now();
  /** Orders were missed while the relay was away, and no node was heard since. */
  #missed = false;
  #patience: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  constructor(options: NodesOptions) {
    this.#options = options;
  }

  /** True while the relay is known to carry nothing. */
  get apart(): boolean {
    return this.#together === false;
  }

  start(): void {
    const { relay, beatMs, onTogether, log } = this.#options;
    relay
      .open('nodes', (message, from) => this.#receive(message, from))
      .then(
        (channel) => {
          this.#channel = channel;
          if (this.#closed) channel.close();
          else this.#beat();
        },
        (error: unknown) =>
          log.error({ error: error instanceof Error ? error.name : typeof error }, 'relay failed')
      );
    // A short break is nothing to tell people, and still something to make up for.
    relay.onResumed(() => {
      if (!this.#together) return;
      onTogether(false);
      this.#makeUp();
    });
    this.#timer = setInterval(() => this.#beat(), beatMs);
    this.#timer.unref();
  }

  order(order: Order): void {
    this.#channel?.publish(encodeNodeNews(order));
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    if (this.#patience) clearTimeout(this.#patience);
    this.#channel?.publish(encodeNodeNews({ kind: 'bye' }));
    this.#channel?.close();
  }

  #beat(): void {
    const { nodeSilentMs, onApart, log } = this.#options;
    const now = performance.now();
    if (this.#together !== false && now - this.#echoAtMs > nodeSilentMs) {
      this.#together = false;
      this.#missed = true;
      log.warn({}, 'relay lost: the other nodes are not heard');
      for (const node of [...this.#heardAtMs.keys()]) this.#gone(node);
      onApart();
    }
    for (const [node, atMs] of this.#heardAtMs) if (now - atMs > nodeSilentMs) this.#gone(node);
    this.#channel?.publish(encodeNodeNews({ kind: 'beat' }));
  }

  #makeUp(): void {
    this.#missed = false;
    this.#options.onMissed();
  }

  /** Each node that lives is heard in a moment and makes up for it. One that ended meanwhile may have ordered something, too. */
  #makeUpLater(): void {
    if (this.#patience) clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      if (this.#missed) this.#makeUp();
    }, this.#options.nodeSilentMs);
    this.#patience.unref();
  }

  #gone(node: string): void {
    if (this.#heardAtMs.delete(node)) this.#options.onGone(node);
  }

  #receive(message: Uint8Array, from: string): void {
    if (this.#closed) return;
    const { relay, onTogether, onCome, onOrder, log } = this.#options;
    if (from === relay.node) {
      this.#echoAtMs = performance.now();
      if (this.#together) return;
      const again = this.#together === false;
      if (again) log.info({}, 'relay carries again');
      this.#together = true;
      onTogether(again);
      if (again) this.#makeUpLater();
      else this.#makeUp();
      return;
    }
    const news: NodeNews = decodeNodeNews(message);
    if (news.kind === 'bye') return this.#gone(from);
    const isNew = !this.#heardAtMs.has(from);
    this.#heardAtMs.set(from, performance.now());
    if (isNew) {
      onCome();
      this.#makeUp();
    }
    if (news.kind !== 'beat') onOrder(news);
  }
}
