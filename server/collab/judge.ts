import type * as Y from 'yjs';
import { type BoardPolicy, type BoardWrite, imagesIn, kindsIn } from '#lib/features/board/document.ts';
import { fieldOfRecord, metaRoot, scalesOfImage, typeOfRecord } from '#lib/features/board/format.ts';
import { type Access, authorOf } from './access.ts';
import { examine } from './update.ts';

/** Judges one write before it is applied. Null: in order. A promise: ask again once it has resolved. */
export type Inspect = (
  write: BoardWrite,
  context: { documentId: string; access: Access } & Pick<
    BoardPolicy,
    'author' | 'kindOf' | 'fieldOf' | 'metaOf' | 'scalesOf' | 'formerScalesOf' | 'imageOf'
  >
) => { code: string } | null | Promise<void>;

export interface JudgeOptions {
  documentId: string;
  doc: Y.Doc;
  access: Access;
  inspect: Inspect | null;
  formerScalesOf: BoardPolicy['formerScalesOf'];
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
  { documentId, doc, access, inspect, formerScalesOf }: JudgeOptions
): Verdict {
  const examined = examine(update, doc);
  if (examined.kind !== 'ok') return { kind: 'bad', why: examined.kind };
  if (!inspect) return { kind: 'fine' };
  const fieldOf = (id: string, field: string) => fieldOfRecord(doc, id, field);
  const context = {
    documentId,
    access,
    author: { id: authorOf(access), name: access.name },
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
