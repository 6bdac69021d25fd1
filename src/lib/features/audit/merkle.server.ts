import { hash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962 (section 2.1) over the hashes of a chain, as far as a log that only grows needs it:
 * the roots of the full subtrees on its right edge, largest first. At most one 32-byte hash a bit of its size.
 */
export class MerkleTree {
  size = 0;
  readonly #peaks: Buffer[] = [];
  readonly #scratch = Buffer.alloc(65);

  /** A tree of which only size and peaks were kept. @throws Error where they do not belong together */
  static from(kept: { size: number; peaks: readonly string[] }): MerkleTree {
    const tree = new MerkleTree();
    tree.size = kept.size;
    for (const peak of kept.peaks) tree.#peaks.push(Buffer.from(peak, 'base64'));
    const bits = [...kept.size.toString(2)].filter((bit) => bit === '1').length;
    if (tree.#peaks.length !== bits || tree.#peaks.some((peak) => peak.length !== 32))
      throw new Error('peaks do not fit the size of the tree');
    return tree;
  }

  append(leaf: Uint8Array): void {
    this.#scratch[0] = 0;
    this.#scratch.set(leaf, 1);
    let node: Buffer = hash('sha256', this.#scratch.subarray(0, 1 + leaf.length), 'buffer');
    for (let n = this.size; n % 2 === 1; n = Math.floor(n / 2)) node = this.#join(this.#peaks.pop()!, node);
    this.#peaks.push(node);
    this.size += 1;
  }

  root(): Buffer {
    let root = this.#peaks.at(-1);
    if (!root) return hash('sha256', '', 'buffer');
    for (let i = this.#peaks.length - 2; i >= 0; i--) root = this.#join(this.#peaks[i]!, root);
    return root;
  }

  keep(): { size: number; peaks: string[] } {
    return { size: this.size, peaks: this.#peaks.map((peak) => peak.toString('base64')) };
  }

  #join(left: Buffer, right: Buffer): Buffer {
    this.#scratch[0] = 1;
    this.#scratch.set(left, 1);
    this.#scratch.set(right, 33);
    return hash('sha256', this.#scratch, 'buffer');
  }
}
