import type { Logger } from '#lib/kernel/ports.ts';
import { nameOf } from './error-name.ts';
import type { Relay, RelayChannel } from './relay.ts';
import { type DocumentNews, decodeNews, encodeNews } from './relay-messages.ts';

type Listener = (news: DocumentNews, node: string) => void;

/** A document's channel on the relay. What comes before somebody listens is kept. */
export class DocumentChannel {
  readonly #node: string;
  #channel: RelayChannel | null = null;
  #listener: Listener | null = null;
  #early: [DocumentNews, string][] = [];
  #closed = false;

  static async open(options: { relay: Relay; documentId: string; log: Logger }): Promise<DocumentChannel> {
    const { relay, documentId, log } = options;
    const channel = new DocumentChannel(relay.node);
    channel.#channel = await relay.open(`document:${documentId}`, (message, from) => {
      try {
        channel.#receive(message, from);
      } catch (error) {
        log.warn({ documentId, error: nameOf(error) }, 'message of another node not understood');
      }
    });
    return channel;
  }

  private constructor(node: string) {
    this.#node = node;
  }

  attach(listener: Listener): void {
    this.#listener = listener;
    for (const [news, node] of this.#early.splice(0)) listener(news, node);
  }

  tell(news: DocumentNews): void {
    this.#channel?.publish(encodeNews(news));
  }

  close(): void {
    this.#closed = true;
    this.#channel?.close();
  }

  #receive(message: Uint8Array, from: string): void {
    if (from === this.#node || this.#closed) return;
    const news = decodeNews(message);
    if (!news) return;
    if (this.#listener) this.#listener(news, from);
    else this.#early.push([news, from]);
  }
}
