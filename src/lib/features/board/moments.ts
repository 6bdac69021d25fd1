import * as v from 'valibot';
import type * as Y from 'yjs';
import { metaRoot } from './format.ts';

/**
 * Moments that somebody named. Only the name is kept, in the document's `meta` under `moment:<id>`; what the board
 * was then, the log knows: it is the board as it was when the name was written.
 */
const momentKey = /^moment:[0-9a-f-]{36}$/;

export const moment = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  /** Who named it; the server takes no other name. */
  by: v.pipe(v.string(), v.maxLength(64)),
  byName: v.pipe(v.string(), v.maxLength(120)),
  /** ISO 8601, by the clock of who named it. */
  at: v.pipe(v.string(), v.isoTimestamp())
});

export interface Moment extends v.InferOutput<typeof moment> {
  key: string;
}

export function isMomentKey(key: string): boolean {
  return momentKey.test(key);
}

/** The named moments of a board, the oldest first. */
export function momentsOf(doc: Y.Doc): Moment[] {
  const found: Moment[] = [];
  for (const [key, value] of doc.getMap(metaRoot)) {
    const parsed = isMomentKey(key) ? v.safeParse(moment, value) : null;
    if (parsed?.success) found.push({ key, ...parsed.output });
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

export function nameMoment(doc: Y.Doc, id: string, named: v.InferOutput<typeof moment>): void {
  doc.getMap(metaRoot).set(`moment:${id}`, named);
}
