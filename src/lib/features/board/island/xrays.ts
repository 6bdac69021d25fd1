import { type Computed, computed } from '@tldraw/state';
import { type Editor, type VecLike, WeakCache } from 'tldraw';
import type { XrayShape } from './schema.ts';

/** Looked for when shapes change, and not each time the view moves. */
const xrays = new WeakCache<Editor, Computed<readonly XrayShape[]>>();

/** In the order they are drawn. Tracked. */
export function xraysOf(editor: Editor): readonly XrayShape[] {
  return xrays
    .get(editor, () =>
      computed('xrays', () =>
        editor.getCurrentPageShapesSorted().filter((shape): shape is XrayShape => shape.type === 'xray')
      )
    )
    .get();
}

/** The topmost X-ray under a point of the page. */
export function xrayAt(editor: Editor, point: VecLike): XrayShape | null {
  return (
    xraysOf(editor)
      .toReversed()
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
