import { useEditor, useValue } from 'tldraw';
import { m } from '#lib/paraglide/messages.js';
import { scaleBar } from '../scale.ts';
import { imageTitle, kindName, scaleSource, scaleWord } from '../words.ts';
import { frameOf, frameShown } from './frames.ts';
import { uprightMatrix } from './mirror.ts';
import type { XrayShape } from './schema.ts';

/** Screen height of the label, CSS pixels; used to keep it inside the image. */
const labelHeight = 24;
/** So much of its width stays in sight with the image, CSS pixels. */
const leastPx = 200;
/** An image narrower than this on the screen, CSS pixels, has room for the short label only. */
const narrowPx = 320;

/**
 * What the image is, what its scale rests on, and that it is shown at less than its resolution, where it is. Stays in
 * sight while the image is scrolled or zoomed, upright while it is turned or flipped, and keeps its size on the screen.
 *
 * @param detail share of the image's pixels that is shown each way; 1: all that could be seen
 */
export function XrayLabel({ shape, detail }: { shape: XrayShape; detail: number }) {
  const editor = useEditor();
  const { calibration: scale } = shape.props;
  const place = useValue(
    'label place',
    () => {
      const zoom = editor.getZoomLevel();
      const bounds = editor.getShapePageBounds(shape.id);
      if (!bounds) return { zoom, width: 0, room: 0, transform: '' };
      const view = editor.getViewportPageBounds();
      const corner = {
        x: Math.min(Math.max(bounds.minX, view.minX), Math.max(bounds.minX, bounds.maxX - leastPx / zoom)),
        y: Math.min(
          Math.max(bounds.minY, view.minY),
          Math.max(bounds.minY, bounds.maxY - (2 * labelHeight) / zoom)
        )
      };
      const at = editor.getPointInShapeSpace(shape.id, corner);
      return {
        zoom,
        width: bounds.w * zoom,
        room: Math.max(leastPx, (Math.min(bounds.maxX, view.maxX) - corner.x) * zoom),
        transform: uprightMatrix(editor, shape.id, at, 1 / zoom)
      };
    },
    [editor, shape.id]
  );
  const frames = useValue('frames', () => frameOf(editor, shape.id)?.count ?? 1, [editor, shape.id]);
  const number = useValue('frame', () => frameShown(editor, shape), [editor, shape]);
  const bar = scaleBar(scale, place.zoom);
  const percent = Math.floor(100 * detail);
  const isNarrow = place.width < narrowPx;
  return (
    <div
      className="board-xray-label"
      style={{ transform: place.transform, maxWidth: Math.min(place.width, place.room) }}
    >
      <span>
        <b>{isNarrow ? kindName(shape.props.kind) : imageTitle(shape.props)}</b>
        {frames > 1 ? <b> · {m.board_frame_of({ number, count: frames })}</b> : null}
        {/* Right and left change places: said in words, or a tooth is taken for that of the other side. */}
        {shape.props.flip ? <b className="board-flipped"> · {m.board_flipped()}</b> : null}
        <span data-scale={scale.kind}> · {isNarrow ? scaleWord(scale) : scaleSource(scale)}</span>
      </span>
      {detail < 1 ? (
        <span className="board-reduced">
          {isNarrow ? m.board_image_reduced_short({ percent }) : m.board_image_reduced({ percent })}
        </span>
      ) : null}
      {bar ? (
        <span className="board-scale-bar" style={{ width: bar.pixels * place.zoom }}>
          {bar.mm} mm
        </span>
      ) : null}
    </div>
  );
}
