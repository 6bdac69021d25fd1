import { useEditor, useValue } from 'tldraw';
import { scaleBar } from '../scale.ts';
import { imageTitle, kindName, scaleSource, scaleWord } from '../words.ts';
import type { XrayShape } from './schema.ts';

/** Screen height of the label, CSS pixels; used to keep it inside the image. */
const labelHeight = 24;
/** An image narrower than this on the screen, CSS pixels, has room for the short label only. */
const narrowPx = 320;

/**
 * What the image is and what its scale rests on. Stays in sight while the image is scrolled or zoomed, and
 * keeps its size on the screen.
 */
export function XrayLabel({ shape }: { shape: XrayShape }) {
  const editor = useEditor();
  const { w, h, calibration: scale } = shape.props;
  const place = useValue(
    'label place',
    () => {
      const zoom = editor.getZoomLevel();
      const transform = editor.getShapePageTransform(shape.id);
      // Along with a turned image the label turns too; it then stays in the corner.
      if (!transform || Math.abs(transform.rotation()) > 0.01) return { x: 0, y: 0, zoom };
      const view = editor.getViewportPageBounds();
      const corner = transform.point();
      return {
        x: Math.round(Math.min(Math.max(0, view.minX - corner.x), Math.max(0, w - 200 / zoom))),
        y: Math.round(Math.min(Math.max(0, view.minY - corner.y), Math.max(0, h - (2 * labelHeight) / zoom))),
        zoom
      };
    },
    [editor, shape.id, w, h]
  );
  const bar = scaleBar(scale, place.zoom);
  const isNarrow = w * place.zoom < narrowPx;
  return (
    <div
      className="board-xray-label"
      style={{
        transform: `translate(${place.x}px, ${place.y}px) scale(${1 / place.zoom})`,
        maxWidth: w * place.zoom
      }}
    >
      <span>
        <b>{isNarrow ? kindName(shape.props.kind) : imageTitle(shape.props)}</b>
        <span data-scale={scale.kind}> · {isNarrow ? scaleWord(scale) : scaleSource(scale)}</span>
      </span>
      {bar ? (
        <span className="board-scale-bar" style={{ width: bar.pixels * place.zoom }}>
          {bar.mm} mm
        </span>
      ) : null}
    </div>
  );
}
