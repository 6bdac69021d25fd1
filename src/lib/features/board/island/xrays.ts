import type { Editor, VecLike } from 'tldraw';
import type { XrayShape } from './schema.ts';

export function xraysOf(editor: Editor): XrayShape[] {
  return editor.getCurrentPageShapesSorted().filter((shape): shape is XrayShape => shape.type === 'xray');
}

/** The topmost X-ray under a point of the page. */
export function xrayAt(editor: Editor, point: VecLike): XrayShape | null {
  return (
    xraysOf(editor)
      .reverse()
      .find((xray) => editor.isPointInShape(xray, point, { hitInside: true, margin: 0 })) ?? null
  );
}

/** The selected X-ray or the one that a selected mark lies on; else the one nearest the middle of the view. */
export function currentXray(editor: Editor): XrayShape | null {
  for (const shape of editor.getSelectedShapes()) {
    const found = [shape, ...editor.getShapeAncestors(shape)].find((each) => each.type === 'xray');
    if (found) return found as XrayShape;
  }
  const middle = editor.getViewportPageBounds().center;
  let nearest: XrayShape | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (const xray of xraysOf(editor)) {
    const bounds = editor.getShapePageBounds(xray);
    if (!bounds) continue;
    const away = bounds.containsPoint(middle) ? 0 : middle.dist(bounds.center);
    if (away < distance) [nearest, distance] = [xray, away];
  }
  return nearest;
}
