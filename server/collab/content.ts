import * as Y from 'yjs';
import { fromLog } from './build.ts';

/** Yjs' structs are built anew at some 300 a millisecond: whoever writes first must not be felt by the others. */
const mostRestingStructs = 5_000;

/** True for the answer of a client that holds nothing: no content, no deletions. */
export function saysNothing(update: Uint8Array): boolean {
  return update.byteLength === 2 && update[0] === 0 && update[1] === 0;
}

/**
 * What a document holds: a Y.Doc while somebody works on it, its bytes while it is only looked at. The bytes take a
 * small part of the memory and answer whoever comes; the Y.Doc is built again when it is asked for.
 */
export class Content {
  readonly #onChange: (update: Uint8Array, origin: unknown) => void;
  #doc: Y.Doc | null;
  #resting: { state: Uint8Array; stateVector: Uint8Array } | null = null;

  constructor(doc: Y.Doc, onChange: (update: Uint8Array, origin: unknown) => void) {
    this.#onChange = onChange;
    this.#doc = doc;
    doc.on('update', onChange);
  }

  get doc(): Y.Doc {
    if (this.#doc) return this.#doc;
    this.#doc = new Y.Doc();
    if (this.#resting) Y.applyUpdate(this.#doc, this.#resting.state, fromLog);
    this.#resting = null;
    this.#doc.on('update', this.#onChange);
    return this.#doc;
  }

  get isResting(): boolean {
    return this.#doc === null;
  }

  get stateVector(): Uint8Array {
    return this.#resting?.stateVector ?? Y.encodeStateVector(this.doc);
  }

  /** All of it as one update, without what was deleted: encodeStateAsUpdate, not mergeUpdates, which keeps it. */
  get state(): Uint8Array {
    return this.#resting?.state ?? Y.encodeStateAsUpdate(this.doc);
  }

  /** What a client at `stateVector` lacks. @throws where it is no state vector */
  difference(stateVector: Uint8Array): Uint8Array {
    if (!this.#resting) return Y.encodeStateAsUpdate(this.doc, stateVector);
    const hasNothing = Y.decodeStateVector(stateVector).size === 0;
    return hasNothing ? this.#resting.state : Y.diffUpdate(this.#resting.state, stateVector);
  }

  /** Take in what the log has. */
  apply(updates: readonly Uint8Array[]): void {
    const { doc } = this;
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update, fromLog);
    }, fromLog);
  }

  /** Nobody writes: let go of the Y.Doc, unless it is so large that whoever writes next would wait for it. */
  rest(): void {
    if (!this.#doc) return;
    let structs = 0;
    for (const each of this.#doc.store.clients.values()) structs += each.length;
    if (structs > mostRestingStructs) return;
    this.#resting = { state: this.state, stateVector: this.stateVector };
    this.#doc.destroy();
    this.#doc = null;
  }

  destroy(): void {
    this.#doc?.destroy();
  }
}
