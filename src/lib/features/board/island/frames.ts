import { type Atom, atom } from '@tldraw/state';
import type { Editor, TLShapeId } from 'tldraw';
import type { Frame } from '#lib/features/imaging/frame.ts';
import { restingLook } from './looks.ts';
import type { XrayShape } from './schema.ts';

/** The pictures that are on the screen, by the shape that shows them, for what is worked out from their values. Tracked. */
const frames = new WeakMap<Editor, Atom<ReadonlyMap<TLShapeId, Frame>>>();

function framesOf(editor: Editor): Atom<ReadonlyMap<TLShapeId, Frame>> {
  let found = frames.get(editor);
  if (!found) {
    found = atom<ReadonlyMap<TLShapeId, Frame>>('frames', new Map());
    frames.set(editor, found);
  }
  return found;
}

export function keepFrame(editor: Editor, xray: TLShapeId, frame: Frame): void {
  framesOf(editor).update((known) => new Map(known).set(xray, frame));
}

export function dropFrame(editor: Editor, xray: TLShapeId): void {
  framesOf(editor).update((known) => new Map([...known].filter(([id]) => id !== xray)));
}

/** Null while it is not loaded. */
export function frameOf(editor: Editor, xray: TLShapeId): Frame | null {
  return framesOf(editor).get().get(xray) ?? null;
}

/**
 * The number of the frame that is there to be seen and marked: while another is on its way, still the one before, so
 * that no mark is ever seen, or made, over a picture that it is not of.
 */
export function frameShown(editor: Editor, xray: XrayShape): number {
  return frameOf(editor, xray.id)?.number ?? restingLook(editor, xray).frame;
}

/** The frame a mark was made on; of what says nothing, the first: there was no other to see then. */
export function frameOfMark(meta: { [key: string]: unknown }): number {
  const frame = meta['frame'];
  return typeof frame === 'number' ? frame : 1;
}
