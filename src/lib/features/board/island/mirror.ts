import {
  ArrowShapeUtil,
  type Editor,
  Mat,
  type TLArrowShape,
  type TLHandleDragInfo,
  type TLShape,
  type TLShapeId,
  Vec,
  type VecLike
} from 'tldraw';
import type { XrayShape } from './schema.ts';

/**
 * tldraw turns and moves shapes; mirroring is ours. A flipped image has a mirrored transform, which all that lies on
 * it inherits, so that marks stay on their place of the picture and are stored in its pixels, whichever way it is
 * shown. What is read stays readable: text and pins take the place, not the mirroring.
 */
export function mirrorFlippedImages(editor: Editor): void {
  const plain = editor.getShapeLocalTransform.bind(editor);
  editor.getShapeLocalTransform = (of: TLShape | TLShapeId): Mat => {
    const shape = editor.getShape(typeof of === 'string' ? of : of.id);
    const local = plain(of);
    if (!shape) return local;
    if (shape.type === 'xray') return (shape as XrayShape).props.flip ? local.scale(1, -1) : local;
    const xray = upright.has(shape.type) ? editor.getShape(shape.parentId as TLShapeId) : undefined;
    if (xray?.type !== 'xray') return local;
    const { flip } = (xray as XrayShape).props;
    if (shape.type === 'pin') return Mat.Translate(shape.x, shape.y).multiply(uprightIn(editor, xray.id));
    return flip ? Mat.Translate(shape.x, shape.y).scale(1, -1).rotate(shape.rotation) : local;
  };
  const nudge = editor.nudgeShapes.bind(editor);
  editor.nudgeShapes = (shapes: TLShapeId[] | TLShape[], offset: VecLike) => {
    const ids = shapes.map((shape) => (typeof shape === 'string' ? shape : shape.id));
    const mirrored = ids.filter((id) => isMirrored(editor.getShapeParentTransform(id)));
    nudge(
      ids.filter((id) => !mirrored.includes(id)),
      offset
    );
    for (const id of mirrored) moveOnPage(editor, id, offset);
    return editor;
  };
}

const upright = new Set(['text', 'note', 'pin']);

/**
 * The rotation with which something to be read stands upright on a flipped image, where it is just being put there:
 * tldraw gives it the image's angle back, which on a mirrored one is not the same. Null: leave it.
 */
export function uprightRotation(editor: Editor, shape: TLShape): number | null {
  const parent = upright.has(shape.type) ? editor.getShape(shape.parentId as TLShapeId) : undefined;
  if (parent?.type !== 'xray' || !(parent as XrayShape).props.flip) return null;
  const given = -editor.getShapePageTransform(parent.id).rotation();
  return Math.abs(shape.rotation - given) < 1e-6 ? -parent.rotation : null;
}

/** Undoes turning and mirroring of a shape for what is read on it; lengths stay. */
export function uprightIn(editor: Editor, id: TLShapeId): Mat {
  const { a, b, c, d } = editor.getShapePageTransform(id);
  return Mat.From(Mat.Inverse({ a, b, c, d, e: 0, f: 0 }));
}

/** The same for SVG and CSS. */
export function uprightMatrix(editor: Editor, id: TLShapeId, at: VecLike, scale = 1): string {
  const { a, b, c, d } = uprightIn(editor, id);
  return `matrix(${[a * scale, b * scale, c * scale, d * scale, at.x, at.y].map((n) => Number(n.toFixed(6))).join(', ')})`;
}

function isMirrored({ a, b, c, d }: Mat): boolean {
  return a * d - b * c < 0;
}

function moveOnPage(editor: Editor, id: TLShapeId, offset: VecLike): void {
  const shape = editor.getShape(id);
  if (!shape) return;
  const there = Vec.Add(editor.getShapePageTransform(id).point(), offset);
  const { x, y } = editor.getPointInParentSpace(shape, there);
  const moved = { ...shape, x, y };
  const end = editor.getShapeUtil(shape).onTranslateEnd?.(shape, moved);
  editor.updateShapes([{ id, type: shape.type, x, y }, ...(end ? [end] : [])]);
}

/** tldraw drags handles by angle alone; on a mirrored image the pointer says where they are. */
export function handleUnderPointer<Shape extends TLShape>(
  editor: Editor,
  shape: Shape,
  info: TLHandleDragInfo<Shape>
): TLHandleDragInfo<Shape> {
  if (!isMirrored(editor.getShapePageTransform(shape.id))) return info;
  const { x, y } = editor.getPointInShapeSpace(shape, editor.inputs.currentPagePoint);
  return { ...info, handle: { ...info.handle, x, y } };
}

export class BoardArrowUtil extends ArrowShapeUtil {
  override onHandleDrag(shape: TLArrowShape, info: TLHandleDragInfo<TLArrowShape>) {
    return super.onHandleDrag(shape, handleUnderPointer(this.editor, shape, info));
  }
}
