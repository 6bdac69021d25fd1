import { Box, type Editor, type TLShapeId } from 'tldraw';
import { type Figure } from '../figures.ts';
import { authorOf, calibrationVersion } from '../shapes.ts';
import { imageTitle } from '../words.ts';
import { isDraft } from '../drafts.ts';
import { draftingOf } from './drafting.ts';
import { pointsOf, scaleOfMark, valueOfMark } from './MeasureShape.tsx';
import type { MeasureShape, XrayShape } from './schema.ts';
import type { BoardPicture, PictureScope } from './types.ts';
import { currentXray, xraysOf } from './xrays.ts';

/** What leaves the board: pictures and figures. */

const paddingPx = 32;

/**
 * Drafts are not in it: they are nobody's but their author's.
 *
 * @param most longest side, pixels @returns null where there is nothing to show
 */
export async function picture(
  editor: Editor,
  scope: PictureScope,
  options: { format: 'png' | 'svg'; most: number }
): Promise<BoardPicture | null> {
  const { areHidden } = draftingOf(editor.store);
  areHidden.set(true);
  try {
    return await draw(editor, scope, options);
  } finally {
    areHidden.set(false);
  }
}

async function draw(
  editor: Editor,
  scope: PictureScope,
  { format, most }: { format: 'png' | 'svg'; most: number }
): Promise<BoardPicture | null> {
  const xray = scope === 'board' ? null : scope === 'image' ? currentXray(editor) : xrayOf(editor, scope);
  if (scope !== 'board' && !xray) return null;
  const ids: TLShapeId[] = xray ? [xray.id] : [...editor.getCurrentPageShapeIds()];
  const bounds = xray
    ? Box.Common(
        [...editor.getShapeAndDescendantIds([xray.id])].map(
          (id) => editor.getShapePageBounds(id) ?? new Box()
        )
      )
    : editor.getCurrentPageBounds();
  if (!ids.length || !bounds) return null;
  const title = xray ? imageTitle(xray.props) : null;
  const imageIds = (xray ? [xray] : xraysOf(editor)).map(({ props }) => props.imageId);
  if (format === 'svg') {
    const svg = await editor.getSvgString(ids, { background: true, padding: paddingPx });
    return svg ? { title, imageIds, blob: new Blob([svg.svg], { type: 'image/svg+xml' }) } : null;
  }
  const pixelRatio = Math.min(1, most / (Math.max(bounds.w, bounds.h) + 2 * paddingPx));
  const { blob } = await editor.toImage(ids, { format, background: true, pixelRatio, padding: paddingPx });
  return { title, imageIds, blob };
}

function xrayOf(editor: Editor, { imageId }: { imageId: string }): XrayShape | null {
  return xraysOf(editor).find((xray) => xray.props.imageId === imageId) ?? null;
}

/** All measurements, image by image. */
export function figures(editor: Editor): Figure[] {
  return editor
    .getCurrentPageShapesSorted()
    .filter((shape): shape is MeasureShape => shape.type === 'measure' && !isDraft(shape))
    .map((shape) => {
      const parent = editor.getShapeParent(shape);
      const xray = parent?.type === 'xray' ? (parent as XrayShape) : null;
      const value = valueOfMark(editor, shape);
      const measured = value?.of === 'region' ? value.area : value?.measured;
      return {
        id: shape.id,
        kind: shape.props.kind,
        tooth: shape.props.tooth,
        imageId: xray?.props.imageId ?? null,
        points: pointsOf(shape),
        value: measured?.value ?? null,
        unit: measured?.unit ?? '',
        stats: value?.of === 'region' ? value.stats : null,
        scale: scaleOfMark(editor, shape),
        scaleVersion: xray ? calibrationVersion(xray.props) : 1,
        author: authorOf(shape.meta)
      };
    });
}
