import { type Atom, atom } from '@tldraw/state';
import type { Editor } from 'tldraw';
import type { Frame } from '#lib/features/imaging/frame.ts';

/** The pictures that are on the screen, for what is worked out from their values. Tracked. */
const frames = new WeakMap<Editor, Atom<ReadonlyMap<string, Frame>>>();

function framesOf(editor: Editor): Atom<ReadonlyMap<string, Frame>> {
  let found = frames.get(editor);
  if (!found) {
    found = atom<ReadonlyMap<string, Frame>>('frames', new Map());
    frames.set(editor, found);
  }
  return found;
}

export function keepFrame(editor: Editor, frame: Frame): void {
  framesOf(editor).update((known) => new Map(known).set(frame.imageId, frame));
}

export function dropFrame(editor: Editor, imageId: string): void {
  framesOf(editor).update((known) => new Map([...known].filter(([id]) => id !== imageId)));
}

/** Null while it is not loaded. */
export function frameOf(editor: Editor, imageId: string): Frame | null {
  return framesOf(editor).get().get(imageId) ?? null;
}
