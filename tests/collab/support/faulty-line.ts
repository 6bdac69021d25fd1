import type { Relay } from '../../../server/collab/relay.ts';
import { newId } from '#lib/kernel/ids.ts';

type Listener = (message: Uint8Array, from: string) => void;

/** Relays of several nodes in one process, over a line on which messages are lost, doubled, late and overtaken. */
export class FaultyLine {
  readonly #channels = new Map<string, Set<{ node: string; listener: Listener }>>();
  readonly #pick: (below: number) => number;
  /** Messages that were lost, doubled, and all. */
  readonly counts = { lost: 0, doubled: 0, all: 0 };

  constructor(pick: (below: number) => number) {
    this.#pick = pick;
  }

  relay(): Relay {
    const node = newId();
    let closed = false;
    return {
      node,
      onResumed() {},
      open: async (channel, listener) => {
        const here = { node, listener };
        const all = this.#channels.get(channel) ?? new Set();
        this.#channels.set(channel, all.add(here));
        return {
          publish: (message) => {
            if (!closed)
              for (const there of all) this.#carry(message, node, there, () => closed || !all.has(there));
          },
          close: () => void all.delete(here)
        };
      },
      close: async () => {
        closed = true;
        for (const all of this.#channels.values())
          for (const each of all) if (each.node === node) all.delete(each);
      }
    };
  }

  #carry(
    message: Uint8Array,
    from: string,
    to: { node: string; listener: Listener },
    gone: () => boolean
  ): void {
    const deliver = (): void => {
      const late = this.#pick(10);
      setTimeout(() => {
        if (!gone()) to.listener(message, from);
      }, late);
    };
    this.counts.all++;
    const fate = to.node === from ? 9 : this.#pick(10);
    if (fate < 2) this.counts.lost++;
    else deliver();
    if (fate !== 2 && fate !== 3) return;
    this.counts.doubled++;
    deliver();
  }
}
