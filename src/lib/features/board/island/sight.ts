import { Box, type Editor } from 'tldraw';
import type { LookCall } from '../people.ts';
import type { BoardCamera } from './types.ts';

/** Where each view was before it was called somewhere. */
const before = new WeakMap<Editor, BoardCamera>();

export function view(editor: Editor): { x: number; y: number; w: number; h: number } {
  const { x, y, w, h } = editor.getViewportPageBounds();
  return { x, y, w, h };
}

/**
 * [BD-18] Go where somebody asks to look. `force` false: not while the hand is on the board or a text is written.
 *
 * @returns false where it did not go, also because there is nothing to see there
 */
export function lookAt(editor: Editor, { x, y, w, h }: LookCall, { force }: { force: boolean }): boolean {
  const isBusy = editor.inputs.isPointing || editor.getEditingShapeId() !== null;
  const box = new Box(x, y, w, h);
  if ((isBusy && !force) || !editor.getCurrentPageBounds()?.collides(box)) return false;
  const camera = editor.getCamera();
  before.set(editor, { x: camera.x, y: camera.y, z: camera.z });
  editor.stopFollowingUser();
  editor.zoomToBounds(box, { inset: 0, animation: { duration: 250 } });
  return true;
}

export function lookBack(editor: Editor): void {
  const camera = before.get(editor);
  if (camera) editor.setCamera(camera, { animation: { duration: 250 } });
}
