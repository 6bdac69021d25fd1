import * as decoding from 'lib0/decoding';
import * as Y from 'yjs';
import type { BoardWrite } from '#lib/features/board/document.ts';
import { metaRoot } from '#lib/features/board/format.ts';
import { lockKey } from '#lib/features/board/hosts.ts';

/**
 * Looks into an update before it is applied: whether it is one, whether the document has all it builds on,
 * and what it would write where. Costs time in proportion to the update, not to the document. A document
 * cannot take an update back, so what is refused must never be applied.
 */
export type Examined =
  | { kind: 'malformed' }
  /** Builds on content the document does not have. */
  | { kind: 'incomplete' }
  | {
      kind: 'ok';
      writes: BoardWrite[];
      /** It takes a board's lock off and does nothing else. */
      isUnlock: () => boolean;
    };

type Struct = Y.Item | Y.GC;
type Place = { root: string; path: (string | null)[] };
/** `gone`: in a part of the document that was deleted, where Yjs drops it. */
type Located = Place | 'gone';

const maxDepth = 16;

export function examine(update: Uint8Array, doc: Y.Doc): Examined {
  try {
    return new Examination(update, doc).result();
  } catch {
    // The decoder's own errors: cut off, lengths that do not fit, unknown content.
    return { kind: 'malformed' };
  }
}

/** True where the document already has all of a well-formed update, deletions included. */
export function isKnown(update: Uint8Array, doc: Y.Doc): boolean {
  try {
    const { structs, ds } = Y.decodeUpdate(update);
    const known = structs.every(({ id, length }) => id.clock + length <= Y.getState(doc.store, id.client));
    return (
      known &&
      [...ds.clients].every(([client, ranges]) => ranges.every((range) => isDeleted(doc, client, range)))
    );
  } catch {
    return false;
  }
}

function isDeleted(doc: Y.Doc, client: number, range: { clock: number; len: number }): boolean {
  const end = range.clock + range.len;
  const structs = doc.store.clients.get(client);
  if (range.len === 0) return true;
  if (!structs || end > Y.getState(doc.store, client)) return false;
  for (let i = Y.findIndexSS(structs, range.clock); i < structs.length; i++) {
    const struct = structs[i]!;
    if (struct.id.clock >= end) return true;
    if (!struct.deleted) return false;
  }
  return true;
}

class Examination {
  readonly #doc: Y.Doc;
  readonly #decoded: ReturnType<typeof Y.decodeUpdate>;
  /** All structs by client, in order of their clock; and of them the new ones. */
  readonly #all = new Map<number, Struct[]>();
  readonly #fresh = new Map<number, Struct[]>();
  /** Clock after the update, of the clients in it. */
  readonly #ends = new Map<number, number>();
  readonly #located = new Map<Y.Item, Located>();

  constructor(update: Uint8Array, doc: Y.Doc) {
    this.#doc = doc;
    this.#decoded = Y.decodeUpdate(update);
    // One block a client: of two, Yjs would forget the first.
    const blocks = decoding.readVarUint(decoding.createDecoder(update));
    const clients = new Set(this.#decoded.structs.map((struct) => struct.id.client));
    if (blocks !== clients.size) throw new RangeError('blocks');
  }

  result(): Examined {
    if (!this.#isContiguous() || !this.#isApplicable() || !this.#deletesWhatIsThere())
      return { kind: 'incomplete' };
    const writes: BoardWrite[] = [];
    for (const structs of this.#fresh.values())
      for (const struct of structs) if (struct instanceof Y.Item) this.#collect(struct, writes);
    return { kind: 'ok', writes, isUnlock: () => this.#isUnlock(writes) };
  }

  #isUnlock(writes: readonly BoardWrite[]): boolean {
    const isLock = ({ root, path }: Pick<BoardWrite, 'root' | 'path'>): boolean =>
      root === metaRoot && path.length === 1 && path[0] === lockKey;
    return (
      writes.length > 0 &&
      writes.every(
        (write) => isLock(write) && write.content.kind === 'value' && write.content.value === null
      ) &&
      this.#erased().every((item) => {
        const located = this.#locate(item, 0);
        return located !== 'gone' && isLock(located);
      })
    );
  }

  /** What is there and would be deleted. */
  #erased(): Y.Item[] {
    const found: Y.Item[] = [];
    for (const [client, ranges] of this.#decoded.ds.clients)
      for (const { clock, len } of ranges)
        for (let at = clock; at < clock + len;) {
          const struct = this.#find(Y.createID(client, at));
          if (struct instanceof Y.Item && !struct.deleted) found.push(struct);
          at = struct.id.clock + struct.length;
        }
    return found;
  }

  #isContiguous(): boolean {
    for (const struct of this.#decoded.structs) {
      const { client, clock } = struct.id;
      const state = this.#ends.get(client) ?? Y.getState(this.#doc.store, client);
      const end = clock + struct.length;
      // Yjs writes none of no length, and does not survive one.
      if (!Number.isSafeInteger(end) || struct.length === 0) throw new RangeError('length');
      if (struct instanceof Y.Skip || clock > state) return false;
      push(this.#all, client, struct);
      if (end <= state) continue;
      this.#ends.set(client, end);
      push(this.#fresh, client, struct);
    }
    return true;
  }

  #has(id: Y.ID): boolean {
    return id.clock < (this.#ends.get(id.client) ?? Y.getState(this.#doc.store, id.client));
  }

  /**
   * True where Yjs could apply all of it now: goes through the structs in the order Yjs would, each client's in
   * turn, waiting where one builds on another client's. What waits in a circle, or for what is not there, or
   * builds on itself (which Yjs does not survive) is never reached. Structs the document has already count too,
   * because Yjs looks up what they build on before it passes over them.
   */
  #isApplicable(): boolean {
    const reached = new Map<number, number>();
    const next = new Map<number, number>();
    const waiting = new Map<number, { client: number; clock: number }[]>();
    const reach = (client: number): number => reached.get(client) ?? Y.getState(this.#doc.store, client);
    const queue = [...this.#all.keys()];
    let left = queue.length;
    for (let client = queue.pop(); client !== undefined; client = queue.pop()) {
      const structs = this.#all.get(client)!;
      let at = next.get(client) ?? 0;
      let missing: Y.ID | undefined;
      for (; at < structs.length; at++) {
        const { id, length } = structs[at]!;
        const before = (other: number): number => (other === client ? id.clock : reach(other));
        missing = dependenciesOf(structs[at]!).find(
          (dependency) => dependency.clock >= before(dependency.client)
        );
        if (missing) break;
        reached.set(client, Math.max(reach(client), id.clock + length));
      }
      next.set(client, at);
      if (!missing) left--;
      else if (missing.client === client || !this.#has(missing)) return false;
      else
        waiting.set(missing.client, [
          ...(waiting.get(missing.client) ?? []),
          { client, clock: missing.clock }
        ]);
      const stillWaiting = (waiting.get(client) ?? []).filter((waiter) => {
        if (waiter.clock >= reach(client)) return true;
        queue.push(waiter.client);
        return false;
      });
      waiting.set(client, stillWaiting);
    }
    return left === 0;
  }

  #deletesWhatIsThere(): boolean {
    return [...this.#decoded.ds.clients].every(([client, ranges]) =>
      ranges.every(({ clock, len }) => {
        if (len === 0) throw new RangeError('length');
        return this.#has(Y.createID(client, clock + len - 1));
      })
    );
  }

  #find(id: Y.ID): Struct {
    const fresh = this.#fresh.get(id.client);
    if (fresh && id.clock >= fresh[0]!.id.clock) return fresh[Y.findIndexSS(fresh, id.clock)]!;
    return Y.getItem(this.#doc.store, id);
  }

  #collect(item: Y.Item, writes: BoardWrite[]): void {
    const { content } = item;
    if (content instanceof Y.ContentDeleted) return;
    const located = this.#locate(item, 0);
    if (located === 'gone') return;
    if (content instanceof Y.ContentAny)
      for (const value of content.arr) writes.push({ ...located, content: { kind: 'value', value } });
    else if (content instanceof Y.ContentBinary)
      writes.push({ ...located, content: { kind: 'bytes', size: content.content.byteLength } });
    else if (content instanceof Y.ContentType)
      writes.push({ ...located, content: { kind: 'type', type: typeOf(content.type) } });
    else writes.push({ ...located, content: { kind: 'other' } });
  }

  /**
   * Where an item will be. An update names the parent only of items without neighbours; all others are where
   * their left neighbour is, else their right one, as Yjs itself decides it.
   */
  #locate(item: Y.Item, depth: number): Located {
    if (depth > maxDepth) throw new RangeError('nesting');
    const way: Y.Item[] = [];
    const onWay = new Set<Y.Item>();
    let at: Struct = item;
    let located: Located | undefined;
    while (located === undefined) {
      if (!(at instanceof Y.Item)) located = 'gone';
      else if (onWay.has(at)) throw new RangeError('circle');
      else {
        located = this.#located.get(at);
        if (located !== undefined) break;
        way.push(at);
        onWay.add(at);
        const neighbour: Y.ID | null = at.parent ? null : (at.origin ?? at.rightOrigin);
        if (neighbour) at = this.#find(neighbour);
        else located = this.#below(at, depth);
      }
    }
    for (const passed of way) this.#located.set(passed, located);
    return located;
  }

  #below(item: Y.Item, depth: number): Located {
    const { parent } = item;
    if (typeof parent === 'string') return { root: parent, path: [item.parentSub] };
    const holder = parent instanceof Y.ID ? this.#find(parent) : parent?._item;
    if (holder === undefined) return 'gone';
    if (holder === null) return { root: this.#rootName(parent), path: [item.parentSub] };
    if (!(holder instanceof Y.Item) || !(holder.content instanceof Y.ContentType)) return 'gone';
    const above = this.#locate(holder, depth + 1);
    return above === 'gone' ? above : { root: above.root, path: [...above.path, item.parentSub] };
  }

  #rootName(type: unknown): string {
    for (const [name, root] of this.#doc.share) if (root === type) return name;
    throw new RangeError('root');
  }
}

function push(map: Map<number, Struct[]>, client: number, struct: Struct): void {
  const structs = map.get(client);
  if (structs) structs.push(struct);
  else map.set(client, [struct]);
}

/** What must be in the document before this struct. */
export function dependenciesOf(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return [];
  return [struct.origin, struct.rightOrigin, struct.parent].filter((id) => id instanceof Y.ID);
}

function typeOf(type: unknown): 'map' | 'array' | 'other' {
  if (type instanceof Y.Map) return 'map';
  return type instanceof Y.Array ? 'array' : 'other';
}
