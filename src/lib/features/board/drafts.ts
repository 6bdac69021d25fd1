import type * as Y from 'yjs';
import { type RawRecord, isPlainObject, recordsOf } from './format.ts';

/**
 * A draft is a shape with `meta.draft`: it stays in the browser of who drew it, and the server takes none. Pins and
 * images are never drafts: what is said at a pin is said to others, and what lies on an image needs the image.
 */
export const draftKey = 'draft';

const neverDrafts: ReadonlySet<unknown> = new Set(['pin', 'xray', 'odontogram']);

export function canBeDraft(type: unknown): boolean {
  return !neverDrafts.has(type);
}

export function isDraft(record: object | undefined): boolean {
  const meta = record && 'meta' in record ? record.meta : null;
  return isPlainObject(meta) && meta[draftKey] === true;
}

/** The same shape, for everyone. */
export function shared<R extends { meta: object }>(record: R): R {
  return {
    ...record,
    meta: Object.fromEntries(Object.entries(record.meta).filter(([key]) => key !== draftKey))
  };
}

/**
 * [BD-17] Of the records of a copy that the server refused: what this person drew and the server's copy `now` has not,
 * as drafts, with the arrows' ties between them.
 */
export function rescued(before: readonly RawRecord[], now: Y.Doc, userId: string): RawRecord[] {
  const there = recordsOf(now);
  const shapes = before.filter(
    ({ id, typeName, type, meta }) =>
      typeName === 'shape' &&
      canBeDraft(type) &&
      !there.has(id) &&
      isPlainObject(meta) &&
      meta['by'] === userId
  );
  const ids = new Set(shapes.map(({ id }) => id));
  const isAnywhere = (id: unknown): boolean => ids.has(String(id)) || there.has(String(id));
  const ties = before.filter(
    ({ id, typeName, fromId, toId }) =>
      typeName === 'binding' && !there.has(id) && ids.has(String(fromId)) && isAnywhere(toId)
  );
  return [
    ...shapes.map((shape) => ({
      ...shape,
      meta: { ...(shape['meta'] as object), [draftKey]: true },
      // A stroke that was cut off is done: nobody goes on with it.
      ...(shape.props && 'isComplete' in shape.props ? { props: { ...shape.props, isComplete: true } } : {})
    })),
    ...ties
  ];
}
