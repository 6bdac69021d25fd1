import { hash as digest } from 'node:crypto';
import type { Checkpoint } from './checkpoint.server.ts';
import { MerkleTree } from './merkle.server.ts';

/** What a check found wrong, and where. Numbers are those of events. */
export type Finding =
  /** The event does not fit its hash or the hash before it: it, or the one before, was changed. */
  | { kind: 'changed'; number: number }
  /** Events that stand in each other's place. */
  | { kind: 'reordered'; numbers: number[] }
  /** Events that were taken out; `renumbered`: those after them were given their numbers. */
  | { kind: 'missing'; first: number; last: number; renumbered: boolean }
  /** Events that were cut off the end. */
  | { kind: 'truncated'; first: number; last: number }
  /** The events agree with one another but not with a signed checkpoint: written anew somewhere in between. */
  | { kind: 'rewritten'; first: number; last: number }
  /** A checkpoint that is not what was signed, or not signed with the expected key. */
  | { kind: 'checkpoint'; size: number; reason: 'signature' | 'order' | 'form' }
  /** Checkpoints up to this event were written once and are not in the file. */
  | { kind: 'checkpoints-lost'; number: number }
  /** The place where the next event would go on is not where the events end. */
  | { kind: 'head'; number: number }
  /** A file of archived events that cannot be read. */
  | { kind: 'archive'; first: number; last: number };

export const chainStart = Buffer.alloc(32);

/** The number the chain's hashes begin with is 8 bytes, big-endian, as Postgres' `int8send`. */
export function chainHash(previous: Uint8Array, number: number, text: string): Buffer {
  const head = Buffer.alloc(40);
  head.set(previous);
  head.writeBigInt64BE(BigInt(number), 32);
  return digest('sha256', Buffer.concat([head, Buffer.from(text)]), 'buffer');
}

interface Suspect {
  number: number;
  text: string;
  hash: Buffer;
  /** The hash that stands before it now. */
  previous: Buffer;
}

/** Beyond so many, mistakes are only counted: memory stays bounded whatever was done to the table. */
const mostSuspects = 48;
const mostFindings = 200;
const mostShift = 1_000;

/**
 * Goes over one organisation's events in the order of their numbers, once, keeping one hash and the right edge
 * of the tree. Goes on after a mistake with the hash that stands there, so that each is found in its place.
 */
export class ChainCheck {
  number = 0;
  previous: Buffer = chainStart;
  checkedAgainst = 0;
  readonly #tree: MerkleTree;
  readonly #checkpoints: readonly Checkpoint[];
  readonly #findings: Finding[] = [];
  readonly #suspects: Suspect[] = [];
  readonly #scratch = Buffer.alloc(64 * 1024);
  #next = 0;
  /** Events taken out before this one while numbers were closed up. */
  #shift = 0;
  #treeBroken = false;

  /**
   * @param checkpoints of this organisation, their signatures already checked, in the order of their sizes
   * @param from where to go on; the events before were checked at another time
   */
  constructor(
    checkpoints: readonly Checkpoint[] = [],
    from: { number: number; hash: Buffer; tree: MerkleTree } | null = null
  ) {
    this.#tree = from?.tree ?? new MerkleTree();
    this.#checkpoints = checkpoints.filter(({ size }) => size > (from?.number ?? 0));
    if (from) Object.assign(this, { number: from.number, previous: from.hash, checkedAgainst: from.number });
  }

  /** The next event. `hash` null: none is stored. */
  add(number: number, stored: Buffer | null, text: string): void {
    if (number !== this.number + 1) {
      this.#gap(number);
    } else {
      const expected = this.#hash(number + this.#shift, text);
      if (!stored || !expected.equals(stored)) this.#mistake(number, stored ?? expected, text);
    }
    this.previous = stored ?? this.#hash(number, text);
    this.number = number;
    this.#tree.append(this.previous);
    this.#meet();
  }

  get tree(): MerkleTree {
    return this.#tree;
  }

  get sound(): boolean {
    return this.#findings.length === 0 && this.#suspects.length === 0;
  }

  /** Says where; call once, after the last event. `head`: where the database says the chain stands. */
  end(head: { number: number; hash: Buffer } | null): Finding[] {
    const last = Math.max(head?.number ?? 0, this.#checkpoints.at(-1)?.size ?? 0);
    this.#explain();
    if (last > this.number) this.#find({ kind: 'truncated', first: this.number + 1, last });
    else if (head && (head.number !== this.number || !this.previous.equals(head.hash)))
      this.#find({ kind: 'head', number: this.number });
    return this.#findings;
  }

  #hash(number: number, text: string): Buffer {
    const bytes = this.#scratch;
    bytes.set(this.previous);
    bytes.writeUInt32BE(Math.floor(number / 2 ** 32), 32);
    bytes.writeUInt32BE(number % 2 ** 32, 36);
    // A UTF-16 unit becomes at most three bytes.
    if (40 + text.length * 3 > bytes.length) return chainHash(this.previous, number, text);
    const length = bytes.write(text, 40);
    return digest('sha256', bytes.subarray(0, 40 + length), 'buffer');
  }

  #gap(number: number): void {
    this.#treeBroken = true;
    if (number > this.number)
      this.#find({ kind: 'missing', first: this.number + 1, last: number - 1, renumbered: false });
    else this.#find({ kind: 'changed', number });
  }

  #mistake(number: number, hash: Buffer, text: string): void {
    const before = this.#suspects.at(-1);
    if (this.#suspects.length >= mostSuspects) {
      this.#find({ kind: 'changed', number });
      return;
    }
    // Numbers closed up after a deletion: from the second event on, hashes fit under a later number.
    const shift = before?.number === number - 1 ? this.#shiftOf(number, hash, text) : null;
    if (!before || shift === null) {
      this.#suspects.push({ number, hash, text, previous: Buffer.from(this.previous) });
      return;
    }
    this.#suspects.pop();
    const [first, last] = [before.number + this.#shift, before.number + shift - 1];
    this.#find({ kind: 'missing', first, last, renumbered: true });
    this.#shift = shift;
    this.#treeBroken = true;
  }

  #shiftOf(number: number, hash: Buffer, text: string): number | null {
    for (let shift = this.#shift + 1; shift <= this.#shift + mostShift; shift++)
      if (this.#hash(number + shift, text).equals(hash)) return shift;
    return null;
  }

  #find(finding: Finding): void {
    if (this.#findings.length < mostFindings) this.#findings.push(finding);
  }

  /** Whether the tree so far is the one a checkpoint signed. */
  #meet(): void {
    for (let next; (next = this.#checkpoints[this.#next]) && next.size <= this.number; this.#next++) {
      if (next.size < this.number || this.#treeBroken) continue;
      if (next.root.equals(this.#tree.root())) {
        this.checkedAgainst = next.size;
      } else {
        this.#treeBroken = true;
        this.#find({ kind: 'rewritten', first: this.checkedAgainst + 1, last: next.size });
      }
    }
  }

  /** Of the events that do not fit: which only stand in a wrong place, and which were changed. */
  #explain(): void {
    const suspects = this.#suspects;
    const moved = new Set<number>();
    const whole = new Set<number>();
    const hashes = new Set(suspects.map(({ hash }) => hash.toString('hex')));
    for (const one of suspects)
      for (const place of suspects) {
        for (const before of [place.previous, ...suspects.map(({ hash }) => hash)]) {
          const made = chainHash(before, place.number, one.text);
          if (place === one ? !made.equals(one.hash) : !hashes.has(made.toString('hex'))) continue;
          (place === one ? whole : moved).add(one.number);
        }
      }
    const numbers = [...moved].sort((a, b) => a - b);
    if (numbers.length > 1) this.#find({ kind: 'reordered', numbers });
    for (const { number } of suspects)
      if (!moved.has(number) && !(whole.has(number) && moved.has(number - 1)))
        this.#find({ kind: 'changed', number });
  }
}
