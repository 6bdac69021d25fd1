import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { pack, unpack } from './pack.server.ts';
import type { LoggedUpdate } from './store.server.ts';

/**
 * Rows of a log in a fraction of the space, each as it was: numbers, authors, times and bytes come back the same. Like
 * with like, then compressed. lib0 encoding: count, first number; the authors; for each row its
 * author, the milliseconds since the row before, its length; then all bytes.
 *
 * @param updates not empty, numbers without gaps
 */
export async function packUpdates(updates: readonly LoggedUpdate[]): Promise<Uint8Array> {
  const authors = [...new Set(updates.map(({ author }) => author))];
  const plain = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, updates.length);
    encoding.writeVarUint(encoder, updates[0]!.number);
    encoding.writeVarUint(encoder, authors.length);
    for (const author of authors) encoding.writeVarString(encoder, author);
    for (const { author } of updates) encoding.writeVarUint(encoder, authors.indexOf(author));
    updates.forEach(({ at }, i) =>
      encoding.writeVarInt(encoder, at.getTime() - (updates[i - 1]?.at.getTime() ?? 0))
    );
    for (const { bytes } of updates) encoding.writeVarUint(encoder, bytes.byteLength);
    for (const { bytes } of updates) encoding.writeUint8Array(encoder, bytes);
  });
  return pack(plain);
}

/** @throws where the bytes are none of `packUpdates` */
export async function unpackUpdates(packed: Uint8Array): Promise<LoggedUpdate[]> {
  const decoder = decoding.createDecoder(await unpack(packed));
  const list = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);
  const count = decoding.readVarUint(decoder);
  const first = decoding.readVarUint(decoder);
  const names = list(decoding.readVarUint(decoder), () => decoding.readVarString(decoder));
  const authors = list(count, () => names[decoding.readVarUint(decoder)]!);
  let ms = 0;
  const times = list(count, () => new Date((ms += decoding.readVarInt(decoder))));
  const lengths = list(count, () => decoding.readVarUint(decoder));
  return lengths.map((length, i) => ({
    number: first + i,
    author: authors[i]!,
    at: times[i]!,
    // A copy: otherwise one row kept would keep all of them.
    bytes: decoding.readUint8Array(decoder, length).slice()
  }));
}
