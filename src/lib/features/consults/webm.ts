/**
 * What a browser's recorder writes is a WebM stream without an end: no length, no index, so nothing can be jumped to.
 * `WebmScan` reads such a stream once, piece by piece, holding none of it; `webmHead` makes the head that belongs before
 * its clusters: the same description of the tracks, now with the length (Duration) and an index (Cues). The clusters
 * stay as they are, byte for byte. Elements and their numbers: RFC 9559 (Matroska), RFC 8794 (EBML).
 */
import { concat } from '#lib/kernel/bytes.ts';

const ids = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  referenceBlock: 0xfb,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
  void: 0xec,
  tags: 0x1254c367,
  attachments: 0x1941a469,
  chapters: 0x1043a770
} as const;

const videoTrack = 1;
/** More than any recorder writes before its first cluster. */
const mostHeadBytes = 64 * 1024;
/** Id and size together. */
const mostElementHeadBytes = 12;
/** A block's head: track number, time within the cluster, flags. */
const blockHeadBytes = 11;
/** Sound and picture of the last block go on for about so long. */
const lastBlockMs = 20;
const defaultScaleNs = 1_000_000;

export interface WebmCluster {
  /** Of the cluster's first byte in the stream. */
  offset: number;
  /** In units of the stream's TimestampScale. */
  time: number;
  /** Of its first whole picture, which playing can begin with; null: it holds none. */
  keyTime: number | null;
}

export interface WebmIndex {
  /** The stream's bytes before the first cluster. */
  head: Uint8Array;
  clusters: WebmCluster[];
  /** Behind the last whole block: what follows in the stream is left out. */
  end: number;
  /** Time of the latest block, in units of the stream's TimestampScale. */
  lastTime: number;
}

interface Element {
  id: number;
  /** Null: unknown, it goes on until something of its own level comes. */
  size: number | null;
  /** Bytes of id and size. */
  headBytes: number;
}

/** Reads a stream from its first byte on. @throws RangeError where it is no WebM */
export class WebmScan {
  /** Not read yet; begins at `#at` of the stream. */
  #held: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** To pass over, unread. */
  #skip = 0;
  #head: Uint8Array | null = null;
  #video: number | null = null;
  readonly #clusters: WebmCluster[] = [];
  /** The first whole picture of the cluster, if the group being read does not say that it builds on others. */
  #inGroup = false;
  #end = 0;
  #lastTime = 0;
  #over = false;

  push(bytes: Uint8Array): void {
    if (this.#over) return;
    let from = 0;
    if (this.#skip > 0) {
      from = Math.min(this.#skip, bytes.length);
      this.#skip -= from;
      this.#at += from;
      if (this.#skip > 0) return;
      this.#whole();
    }
    this.#held = joined(this.#held, bytes.subarray(from));
    if (this.#head === null) this.#findHead();
    if (this.#head !== null) this.#readClusters();
  }

  /** Of the latest block so far, in units of the stream's TimestampScale. */
  get time(): number {
    return this.#lastTime;
  }

  /** @returns null where not one whole block came */
  done(): WebmIndex | null {
    if (!this.#head) return null;
    // Of a cluster that had hardly begun, nothing is there to jump to.
    const clusters = this.#clusters.filter(({ offset }) => offset < this.#end);
    if (clusters.length === 0) return null;
    return { head: this.#head, clusters, end: this.#end, lastTime: this.#lastTime };
  }

  #findHead(): void {
    let at = 0;
    for (;;) {
      const element = elementAt(this.#held, at);
      if (!element) break;
      if (at === 0 && element.id !== ids.ebml) throw new RangeError('not a WebM stream');
      if (element.id === ids.cluster) {
        this.#head = this.#held.slice(0, at);
        this.#video = videoOf(this.#head);
        this.#move(at);
        return;
      }
      if (element.id === ids.segment) at += element.headBytes;
      else if (element.size === null) throw new RangeError('an element of unknown size');
      else at += element.headBytes + element.size;
      if (at > this.#held.length) break;
    }
    if (this.#held.length > mostHeadBytes) throw new RangeError('no cluster found');
  }

  #readClusters(): void {
    while (!this.#over) {
      const element = elementAt(this.#held, 0);
      if (!element) return;
      const { id, size, headBytes } = element;
      if (id === ids.cluster) {
        this.#clusters.push({ offset: this.#at, time: 0, keyTime: null });
        this.#inGroup = false;
        this.#move(headBytes);
      } else if (id === ids.blockGroup) this.#move(headBytes);
      else if (size === null) throw new RangeError('an element of unknown size');
      else if (isOfSegment(id)) {
        // An index or tags behind the clusters: of the stream as it was, not as it is served.
        this.#over = true;
      } else {
        const wanted = id === ids.timestamp ? size : isBlock(id) ? Math.min(size, blockHeadBytes) : 0;
        if (this.#held.length < headBytes + wanted) return;
        const content = this.#held.subarray(headBytes, headBytes + wanted);
        if (id === ids.timestamp) this.#clusters.at(-1)!.time = numberOf(content);
        else if (isBlock(id)) this.#readBlock(content, id === ids.simpleBlock);
        else if (id === ids.referenceBlock && this.#inGroup) this.#clusters.at(-1)!.keyTime = null;
        this.#pass(headBytes + size);
      }
    }
  }

  #readBlock(content: Uint8Array, isSimple: boolean): void {
    const track = vintAt(content, 0);
    const cluster = this.#clusters.at(-1);
    if (!track || !cluster || content.length < track.length + 3) throw new RangeError('a broken block');
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    const time = cluster.time + view.getInt16(track.length);
    this.#lastTime = Math.max(this.#lastTime, time);
    this.#inGroup = false;
    if (track.value !== this.#video || cluster.keyTime !== null) return;
    if (isSimple && (content[track.length + 2]! & 0x80) === 0) return;
    cluster.keyTime = time;
    this.#inGroup = !isSimple;
  }

  /** Over `count` bytes, some of which may be still to come. */
  #pass(count: number): void {
    if (count <= this.#held.length) {
      this.#move(count);
      this.#whole();
      return;
    }
    this.#skip = count - this.#held.length;
    this.#move(this.#held.length);
  }

  #whole(): void {
    this.#end = this.#at;
  }

  #move(count: number): void {
    this.#held = this.#held.subarray(count);
    this.#at += count;
  }
}

const isBlock = (id: number) => id === ids.simpleBlock || id === ids.block;
const isOfSegment = (id: number) =>
  (
    [ids.cues, ids.tags, ids.seekHead, ids.info, ids.tracks, ids.attachments, ids.chapters] as number[]
  ).includes(id);

/**
 * What goes before the stream's bytes from its first cluster to `index.end`.
 * @returns the head, how long the recording is, and what its times count
 */
export function webmHead({ head, clusters, end, lastTime }: WebmIndex): {
  bytes: Uint8Array;
  durationMs: number;
  /** Of the stream's TimestampScale. */
  unitMs: number;
} {
  const parts = childrenOf(head, 0, head.length);
  const ebml = parts.find(({ id }) => id === ids.ebml);
  const segment = parts.find(({ id }) => id === ids.segment);
  if (!ebml || !segment) throw new RangeError('not a WebM stream');
  const inside = childrenOf(head, segment.from, head.length);
  const info = inside.find(({ id }) => id === ids.info);
  const tracks = inside.find(({ id }) => id === ids.tracks);
  if (!info || !tracks) throw new RangeError('a WebM stream without tracks');
  const told = childrenOf(head, info.from, info.to);
  const scale = told.find(({ id }) => id === ids.timestampScale);
  const scaleNs = scale ? numberOf(head.subarray(scale.from, scale.to)) : defaultScaleNs;
  const length = lastTime + (lastBlockMs * 1_000_000) / scaleNs;
  const newInfo = element(ids.info, [
    ...told
      .filter(({ id }) => id !== ids.duration && id !== ids.void)
      .map(({ at, to }) => head.subarray(at, to)),
    element(ids.duration, [float(length)])
  ]);
  const newTracks = head.subarray(tracks.at, tracks.to);
  const first = clusters[0]!.offset;
  const video = videoOf(head);
  const keyed = clusters.filter(({ keyTime }) => keyTime !== null);
  const cued = keyed.length > 0 ? keyed : clusters;
  // All numbers of the index have one width, so that its length is known before where the clusters lie.
  const cuesFor = (shift: number) =>
    element(
      ids.cues,
      cued.map(({ offset, time, keyTime }) =>
        element(ids.cuePoint, [
          element(ids.cueTime, [whole(keyTime ?? time)]),
          element(ids.cueTrackPositions, [
            element(ids.cueTrack, [whole(video ?? 1)]),
            element(ids.cueClusterPosition, [whole(offset - first + shift)])
          ])
        ])
      )
    );
  const before = newInfo.length + newTracks.length + cuesFor(0).length;
  const content = [newInfo, newTracks, cuesFor(before)];
  const opening = concat([idBytes(ids.segment), size8(before + end - first)]);
  return {
    bytes: concat([head.subarray(ebml.at, ebml.to), opening, ...content]),
    durationMs: Math.round((length * scaleNs) / 1_000_000),
    unitMs: scaleNs / 1_000_000
  };
}

/** Number of the track that holds the picture; null: only sound. */
function videoOf(head: Uint8Array): number | null {
  const segment = childrenOf(head, 0, head.length).find(({ id }) => id === ids.segment);
  const tracks = segment && childrenOf(head, segment.from, head.length).find(({ id }) => id === ids.tracks);
  if (!tracks) return null;
  for (const entry of childrenOf(head, tracks.from, tracks.to)) {
    if (entry.id !== ids.trackEntry) continue;
    const facts = childrenOf(head, entry.from, entry.to);
    const value = (wanted: number) => {
      const found = facts.find(({ id }) => id === wanted);
      return found ? numberOf(head.subarray(found.from, found.to)) : null;
    };
    if (value(ids.trackType) === videoTrack) return value(ids.trackNumber);
  }
  return null;
}

/** Elements side by side; `at` to `to` with id and size, `from` to `to` what it holds. */
function childrenOf(
  bytes: Uint8Array,
  begin: number,
  end: number
): { id: number; at: number; from: number; to: number }[] {
  const found = [];
  for (let at = begin; at < end;) {
    const next = elementAt(bytes, at);
    if (!next) throw new RangeError('a broken element');
    const from = at + next.headBytes;
    const to = next.size === null ? end : from + next.size;
    // A segment's own size is that of the whole stream.
    found.push({ id: next.id, at, from, to: Math.min(to, end) });
    at = to;
  }
  return found;
}

function elementAt(bytes: Uint8Array, at: number): Element | null {
  const first = bytes[at];
  if (first === undefined) return null;
  const idLength = Math.clz32(first) - 23;
  if (idLength > 4) throw new RangeError('not an element');
  if (at + idLength > bytes.length) return null;
  const size = vintAt(bytes, at + idLength);
  if (!size) {
    if (bytes.length - at >= mostElementHeadBytes) throw new RangeError('not an element');
    return null;
  }
  return {
    id: numberOf(bytes.subarray(at, at + idLength)),
    size: size.value,
    headBytes: idLength + size.length
  };
}

/** A number that says itself how long it is; null where it is not all there. */
function vintAt(bytes: Uint8Array, at: number): { value: number | null; length: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  const length = Math.clz32(first) - 23;
  if (length > 8) throw new RangeError('not a number');
  if (at + length > bytes.length) return null;
  let value = first & ((1 << (8 - length)) - 1);
  let unknown = value === (1 << (8 - length)) - 1;
  for (let i = 1; i < length; i++) {
    value = value * 256 + bytes[at + i]!;
    unknown &&= bytes[at + i] === 0xff;
  }
  return { value: unknown ? null : value, length };
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function element(id: number, content: Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concat([idBytes(id), size8(length), ...content]);
}

function idBytes(id: number): Uint8Array {
  const bytes = [24, 16, 8, 0].map((shift) => (id >>> shift) & 0xff);
  return Uint8Array.from(bytes.slice(bytes.findIndex((byte) => byte !== 0)));
}

/** A size in eight bytes, whatever it is. */
function size8(value: number): Uint8Array {
  const bytes = whole(value);
  bytes[0] = 0x01;
  return bytes;
}

function whole(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

const joined = (a: Uint8Array, b: Uint8Array) => (a.length === 0 ? b : concat([a, b]));
