import type { DocumentChannel } from './document-channel.ts';
import type { LogFollower } from './log-follower.ts';
import type { Presences } from './presence.ts';
import { type DocumentNews, newsOfRows } from './relay-messages.ts';

export interface DocumentLinkOptions {
  follower: LogFollower;
  presences: Presences;
  channel: DocumentChannel;
}

/** That the log has grown is told for a minute: any of the messages may be lost. */
const headRepeats = 12;

/** One document's exchange with the other nodes that have it open. */
export class DocumentLink {
  readonly #options: DocumentLinkOptions;
  /** How far the log reaches, as the others were last told, and how often they are still to be told so. */
  #told = 0;
  #repeats = 0;

  constructor(options: DocumentLinkOptions) {
    this.#options = options;
    options.channel.attach((news, node) => this.#hear(news, node));
    this.meet();
  }

  /** We added rows to the log; `last` is the number of the last. */
  wrote(updates: readonly Uint8Array[], last: number): void {
    const first = last - updates.length + 1;
    this.#options.follower.wrote(first, last);
    // Only now: what another node shows is durable, and nothing is ever built upon what could still be lost.
    this.#options.channel.tell(newsOfRows(first, updates));
  }

  #hear(news: DocumentNews, node: string): void {
    const { follower, presences } = this.#options;
    switch (news.kind) {
      case 'rows':
        return follower.heard(news.first, news.updates);
      case 'head':
        return follower.reaches(news.last);
      case 'presences':
        return presences.hear(node, news.presences);
      case 'who':
        return presences.announce();
    }
  }

  /** Make up for news that may have been lost, on both sides. */
  catchUp(): void {
    void this.#options.follower.lookUp();
    this.#tellHead();
    this.meet();
  }

  /** Learn who is here on other nodes, and tell them who is here. */
  meet(): void {
    this.#options.presences.announce();
    this.#options.channel.tell({ kind: 'who' });
  }

  /** Call every few seconds: who missed the last rows finds out. `apart`: nobody is heard, so look for oneself. */
  care(apart: boolean): void {
    if (this.#options.follower.known > this.#told) this.#repeats = headRepeats;
    if (this.#repeats-- > 0) this.#tellHead();
    if (apart) void this.#options.follower.lookUp();
  }

  #tellHead(): void {
    const { known } = this.#options.follower;
    this.#options.channel.tell({ kind: 'head', last: known });
    this.#told = known;
  }
}
