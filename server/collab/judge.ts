import type * as Y from 'yjs';
import { type BoardPolicy, type BoardWrite, imagesIn, kindsIn } from '#lib/features/board/document.ts';
import { fieldOfRecord, metaRoot, scalesOfImage, typeOfRecord } from '#lib/features/board/format.ts';
import { lockOf } from '#lib/features/board/hosts.ts';
import { type Access, authorOf } from './access.ts';
import type { Presences } from './presence.ts';
import { examine, isKnown } from './update.ts';

/** Judges one write before it is applied. Null: in order. A promise: ask again once it has resolved. */
export type Inspect = (
  write: BoardWrite,
  context: { documentId: string; access: Access } & Pick<
    BoardPolicy,
    'author' | 'hosting' | 'kindOf' | 'fieldOf' | 'metaOf' | 'scalesOf' | 'formerScalesOf' | 'imageOf'
  >
) => { code: string } | null | Promise<void>;

export interface JudgeOptions {
  documentId: string;
  doc: Y.Doc;
  access: Access;
  inspect: Inspect | null;
  formerScalesOf: BoardPolicy['formerScalesOf'];
  presences: Presences;
  /** False for a log that is judged: others wrote on while the lock was on its way to their node. */
  heedsLock: boolean;
}

export type Verdict =
  | { kind: 'fine' }
  /** No update, or one that builds on what the document has not got. */
  | { kind: 'bad'; why: string }
  | { kind: 'refused'; code: string }
  /** Not known yet: ask again then. */
  | { kind: 'later'; until: Promise<void> };

/** Whether an update may be applied. Changes nothing. */
export function judge(
  update: Uint8Array,
  { documentId, doc, access, inspect, formerScalesOf, presences, heedsLock }: JudgeOptions
): Verdict {
  const examined = examine(update, doc);
  if (examined.kind !== 'ok') return { kind: 'bad', why: examined.kind };
  const author = { id: authorOf(access), name: access.name };
  // [CO-32] While a board is locked nobody but who locked it changes anything.
  const lock = heedsLock ? lockOf(doc) : null;
  if (lock && lock.by !== author.id && !examined.isUnlock())
    // A client's answer to our step 1 may say again what is known.
    return isKnown(update, doc) ? { kind: 'fine' } : { kind: 'refused', code: 'locked' };
  if (!inspect) return { kind: 'fine' };
  const fieldOf = (id: string, field: string) => fieldOfRecord(doc, id, field);
  const context = {
    documentId,
    access,
    author,
    hosting: {
      asks: access.role === 'requester',
      presents: () => presences.presents(author.id),
      isHere: (userId: string) => presences.isHere(userId)
    },
    fieldOf,
    metaOf: (key: string) => doc.getMap(metaRoot).get(key),
    scalesOf: (imageId: string) => scalesOfImage(doc, imageId),
    formerScalesOf,
    imageOf: imagesIn(examined.writes, fieldOf),
    kindOf: kindsIn(examined.writes, (id) => typeOfRecord(doc, id))
  };
  for (const write of examined.writes) {
    const verdict = inspect(write, context);
    if (verdict instanceof Promise) return { kind: 'later', until: verdict };
    if (verdict) return { kind: 'refused', code: verdict.code };
  }
  return { kind: 'fine' };
}
