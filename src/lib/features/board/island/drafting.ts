import { type Atom, atom } from '@tldraw/state';
import type { Editor, TLRecord, TLShape, TLShapeId, TLStore } from 'tldraw';
import { canBeDraft, draftKey, isDraft, shared } from '../drafts.ts';
import { type RawRecord, isPlainObject } from '../format.ts';
import { validRecord } from './schema.ts';

/**
 * Whether what this person draws is a draft, which shapes are, and whether they are left out of a picture just being
 * made. Tracked.
 */
interface Drafting {
  isOn: Atom<boolean>;
  ids: Atom<ReadonlySet<TLShapeId>>;
  areHidden: Atom<boolean>;
}
const draftings = new WeakMap<TLStore, Drafting>();

export function draftingOf(store: TLStore): Drafting {
  let found = draftings.get(store);
  if (!found) {
    found = {
      isOn: atom('drafting', false),
      ids: atom<ReadonlySet<TLShapeId>>('drafts', new Set()),
      areHidden: atom('drafts hidden', false)
    };
    draftings.set(store, found);
  }
  return found;
}

/**
 * [BD-17] True for what must not leave the browser: a draft, what lies on one, and an arrow's tie to one. `store` knows
 * the shapes it hangs on.
 */
export function isHeld(store: TLStore, record: RawRecord): boolean {
  if (isDraft(record)) return true;
  const upon = record.typeName === 'binding' ? [record['fromId'], record['toId']] : [record['parentId']];
  return upon.some((id) => {
    const shape =
      typeof id === 'string' && id.startsWith('shape:') ? store.get(id as TLShape['id']) : undefined;
    return shape !== undefined && isHeld(store, shape as unknown as RawRecord);
  });
}

/** What is held or let go together with this record: what hangs on it. */
export function hangingOn(store: TLStore, id: string): string[] {
  return store
    .allRecords()
    .filter((record) => {
      const raw = record as unknown as RawRecord;
      return raw['parentId'] === id || raw['fromId'] === id || raw['toId'] === id;
    })
    .map((record) => record.id);
}

/** What is being created, as a draft where this person drafts. */
export function asDraft(editor: Editor, shape: TLShape): TLShape {
  if (!draftingOf(editor.store).isOn.get() || !canBeDraft(shape.type) || isDraft(shape)) return shape;
  return { ...shape, meta: { ...shape.meta, [draftKey]: true } };
}

/** Keeps the list of drafts, so that nobody has to look through all shapes for them. @returns what ends it */
export function listDrafts(editor: Editor): () => void {
  const { ids } = draftingOf(editor.store);
  const list = (id: TLShapeId, is: boolean): void => {
    if (ids.get().has(id) === is) return;
    ids.update((known) => (is ? new Set(known).add(id) : new Set([...known].filter((each) => each !== id))));
  };
  const stops = [
    editor.sideEffects.registerAfterCreateHandler('shape', (shape) => list(shape.id, isDraft(shape))),
    editor.sideEffects.registerAfterChangeHandler('shape', (_, shape) => list(shape.id, isDraft(shape))),
    editor.sideEffects.registerAfterDeleteHandler('shape', ({ id }) => list(id, false))
  ];
  return () => stops.forEach((stop) => stop());
}

function draftShapes(editor: Editor): TLShape[] {
  return [...draftingOf(editor.store).ids.get()].flatMap((id) => editor.getShape(id) ?? []);
}

/** [BD-17] Everyone gets the drafts, in one step: one undo takes all of them back. */
export function showDrafts(editor: Editor): void {
  editor.complete();
  const drafts = draftShapes(editor);
  if (!drafts.length) return;
  editor.markHistoryStoppingPoint('show drafts');
  editor.run(() => editor.store.put(drafts.map(shared)));
}

export function discardDrafts(editor: Editor): void {
  const drafts = draftShapes(editor);
  if (!drafts.length) return;
  editor.markHistoryStoppingPoint('discard drafts');
  editor.deleteShapes(drafts.map(({ id }) => id));
}

/** The drafts with the ties between them, to be put on a board that is mounted anew. */
export function takeDrafts(editor: Editor): RawRecord[] {
  return editor.store
    .allRecords()
    .filter((record) => record.typeName === 'shape' || record.typeName === 'binding')
    .map((record) => record as unknown as RawRecord)
    .filter((raw) => isHeld(editor.store, raw));
}

/** Drafts from before; those whose image is gone lie on the board itself. */
export function putDrafts(editor: Editor, kept: readonly RawRecord[]): void {
  const ids = new Set(kept.map(({ id }) => id));
  const has = (id: unknown): boolean => ids.has(String(id)) || editor.store.has(id as TLRecord['id']);
  const page = editor.getCurrentPageId();
  const records = kept
    .filter((raw) => raw.typeName !== 'binding' || (has(raw['fromId']) && has(raw['toId'])))
    .map((raw) =>
      validRecord(raw.typeName === 'shape' && !has(raw['parentId']) ? { ...raw, parentId: page } : raw)
    )
    .filter((record) => record !== null);
  if (records.length) editor.store.mergeRemoteChanges(() => editor.store.put(records));
}

/** Whether a change made a draft of a shape, or something for everyone. */
export function hasTurned(change: unknown): boolean {
  if (!Array.isArray(change)) return false;
  const [before, after] = change as unknown[];
  return isPlainObject(before) && isPlainObject(after) && isDraft(before) !== isDraft(after);
}
