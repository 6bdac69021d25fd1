import { type Atom, atom } from '@tldraw/state';
import type { Editor } from 'tldraw';
import type { GreyWindow, XrayProps } from '../shapes.ts';
import type { XrayShape } from './schema.ts';
import { xraysOf } from './xrays.ts';

/** How an image is shown: shared with everyone, or this person's own for as long as they want it. */
export type Look = Pick<XrayProps, 'window' | 'invert' | 'sharpen' | 'frame'>;

interface Looks {
  /** Own looks by shape; null: the board's, which everyone sees. */
  own: Atom<ReadonlyMap<string, Look> | null>;
  /** The window under the pointer while it is dragged; the shape itself is written less often. */
  dragged: Atom<{ id: XrayShape['id']; window: GreyWindow } | null>;
  /** The magnifier is on. */
  loupe: Atom<boolean>;
}

const looks = new WeakMap<Editor, Looks>();

export function looksOf(editor: Editor): Looks {
  let found = looks.get(editor);
  if (!found) {
    found = {
      own: atom('own looks', null),
      dragged: atom('dragged window', null),
      loupe: atom('loupe', false)
    };
    looks.set(editor, found);
  }
  return found;
}

/** How this person sees the image now. Every value is tracked. */
export function lookOf(editor: Editor, xray: XrayShape): Look {
  const look = restingLook(editor, xray);
  const drag = looksOf(editor).dragged.get();
  return drag?.id === xray.id ? { ...look, window: drag.window } : look;
}

/** The same but for a window that is being dragged: for what has nothing to do at each step of a drag. */
export function restingLook(editor: Editor, xray: XrayShape): Look {
  return looksOf(editor).own.get()?.get(xray.id) ?? shared(xray);
}

/** For everyone; for oneself where one looks for oneself or may not write. */
export function changeLook(editor: Editor, xray: XrayShape, change: Partial<Look>): void {
  if (editor.getIsReadonly()) setOwnLooks(editor, true);
  const { own } = looksOf(editor);
  const mine = own.get();
  if (mine) own.set(new Map(mine).set(xray.id, { ...(mine.get(xray.id) ?? shared(xray)), ...change }));
  else editor.updateShape<XrayShape>({ id: xray.id, type: 'xray', props: change });
}

/** Own looks begin as everything is shown now; what others change is not seen until they end. */
export function setOwnLooks(editor: Editor, on: boolean): void {
  const { own } = looksOf(editor);
  if (on === (own.get() !== null)) return;
  own.set(on ? new Map(xraysOf(editor).map((xray) => [xray.id, shared(xray)])) : null);
}

function shared({ props: { window, invert, sharpen, frame } }: XrayShape): Look {
  return { window, invert, sharpen, frame };
}
