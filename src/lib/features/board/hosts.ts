import * as v from 'valibot';
import type * as Y from 'yjs';
import { metaRoot } from './format.ts';

/**
 * What a board's hosts decide for everyone: whether it is locked, and what a visiting patient is shown. Both are in
 * the document's `meta`, so that they travel, last and are replayed with the rest; null, or nothing: not so.
 */
export const lockKey = 'lock';
export const patientViewKey = 'patient-view';

const decision = {
  /** Who decided it; the server takes no other name. */
  by: v.pipe(v.string(), v.maxLength(64)),
  byName: v.pipe(v.string(), v.maxLength(120)),
  /** ISO 8601, by the clock of who decided. */
  at: v.pipe(v.string(), v.isoTimestamp())
};

export const boardLock = v.strictObject(decision);
export type BoardLock = v.InferOutput<typeof boardLock>;

export const patientView = v.strictObject({
  ...decision,
  /** Record id of the image a patient sees, with what is drawn on it. */
  shape: v.pipe(v.string(), v.regex(/^shape:[\w:-]{1,64}$/))
});
export type PatientView = v.InferOutput<typeof patientView>;

/** Where who writes stands on the board at that moment, as the server knows. */
export interface Hosting {
  /** Is the dentist who asked for this consult. */
  asks: boolean;
  /** Asks everyone to follow their view. */
  presents(): boolean;
  /** This person has the board open, too. */
  isHere(userId: string): boolean;
}

/** [BD-15] The hosts of a board: the asking dentist, and who presents. */
export function isHost({ asks, presents }: Pick<Hosting, 'asks' | 'presents'>): boolean {
  return asks || presents();
}

/** [BD-15] Who locked it, the asking dentist; and who presents, once who locked it has left the board. */
export function mayUnlock(lock: BoardLock, userId: string, { asks, presents, isHere }: Hosting): boolean {
  return lock.by === userId || asks || (presents() && !isHere(lock.by));
}

export function isHostKey(key: string): boolean {
  return key === lockKey || key === patientViewKey;
}

/** [BD-15] [BD-16] Whether who writes may put this value there. */
export function mayDecide(
  key: string,
  value: unknown,
  policy: { author: { id: string; name: string }; hosting: Hosting; metaOf(key: string): unknown }
): boolean {
  const { author, hosting } = policy;
  const lock = parsed(boardLock, policy.metaOf(lockKey));
  if (key === lockKey && lock && !mayUnlock(lock, author.id, hosting)) return false;
  if (key === lockKey && value === null) return true;
  if (!isHost(hosting)) return false;
  if (value === null) return true;
  const decided = parsed(key === lockKey ? boardLock : patientView, value);
  return decided !== null && decided.by === author.id && decided.byName === author.name;
}

/** [BD-15] The lock of a board; null: everyone who may write draws on it. */
export function lockOf(doc: Y.Doc): BoardLock | null {
  return parsed(boardLock, doc.getMap(metaRoot).get(lockKey));
}

/** [BD-16] What a visiting patient is shown; null: nothing. */
export function patientViewOf(doc: Y.Doc): PatientView | null {
  return parsed(patientView, doc.getMap(metaRoot).get(patientViewKey));
}

export function writeLock(doc: Y.Doc, lock: BoardLock | null): void {
  doc.getMap(metaRoot).set(lockKey, lock);
}

export function writePatientView(doc: Y.Doc, view: PatientView | null): void {
  doc.getMap(metaRoot).set(patientViewKey, view);
}

function parsed<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> | null {
  // Asked at every change of a board: most are not locked.
  if (value === undefined || value === null) return null;
  const result = v.safeParse(schema, value);
  return result.success ? result.output : null;
}
