import { type Atom, atom } from '@tldraw/state';
import type { Editor } from 'tldraw';

/** Pins whose talk is done. The board holds places only; that comes from the page around. Tracked. */
const resolved = new WeakMap<Editor, Atom<ReadonlySet<string>>>();

export function resolvedPinsOf(editor: Editor): Atom<ReadonlySet<string>> {
  let found = resolved.get(editor);
  if (!found) {
    found = atom<ReadonlySet<string>>('resolved pins', new Set());
    resolved.set(editor, found);
  }
  return found;
}
