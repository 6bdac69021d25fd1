import * as Y from 'yjs';
import { isPlainObject, recordsOf } from '#lib/features/board/format.ts';
import type { StoredBoard } from '#lib/features/board/store.server.ts';

const textKey = 'props.text';
/** As Yjs writes the value `pin`: what it is, its length, the letters. */
const pinValue = Buffer.from([119, 3, ...Buffer.from('pin')]);

/**
 * [BD-8] Pins once carried words and names. What takes them off a stored board, as an update to append; null where there
 * are none. The log keeps what was written before; nobody is sent it any more.
 */
export function withoutWordsOnPins({ snapshot, updates }: StoredBoard): Uint8Array | null {
  const parts = snapshot ? [snapshot, ...updates] : updates;
  // Cheap first: only a board with pins and with words is decoded once more.
  const has = (what: string | Buffer): boolean =>
    parts.some((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength).includes(what));
  if (!has(pinValue) || !has(textKey)) return null;
  const doc = new Y.Doc();
  for (const part of parts) Y.applyUpdate(doc, part);
  let stripped: Uint8Array | null = null;
  doc.on('update', (update: Uint8Array) => (stripped = update));
  doc.transact(() => {
    for (const record of recordsOf(doc).values()) {
      if (!(record instanceof Y.Map) || record.get('type') !== 'pin' || !record.has(textKey)) continue;
      record.delete(textKey);
      const meta = record.get('meta');
      if (!isPlainObject(meta) || !('byName' in meta)) continue;
      const { byName: _name, ...nameless } = meta;
      record.set('meta', nameless);
    }
  });
  doc.destroy();
  return stripped;
}
