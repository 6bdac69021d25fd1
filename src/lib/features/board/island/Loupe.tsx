import { useRef } from 'react';
import { Mat, TLPOINTER_ID, useEditor, useReactor, useValue } from 'tldraw';
import type { Frame } from '#lib/features/imaging/frame.ts';
import { type FrameRenderer, createFrameRenderer } from '#lib/features/imaging/renderer.ts';
import { frameOf } from './frames.ts';
import { lookOf, looksOf } from './looks.ts';
import { xrayAt } from './xrays.ts';

const sizePx = 200;
const power = 3;
/** On a touch screen the lens stands above the finger. */
const abovePx = 140;

/** A magnifier over the image under the pointer: its pixels, larger, as this person sees them. */
export function Loupe() {
  const editor = useEditor();
  const isOn = useValue('loupe', () => looksOf(editor).loupe.get(), [editor]);
  return isOn ? <Lens /> : null;
}

function Lens() {
  const editor = useEditor();
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<{ renderer: FrameRenderer; frame: Frame } | null>(null);

  useReactor(
    'loupe',
    () => {
      const element = canvas.current;
      if (!element) return;
      const pointer = editor.store.get(TLPOINTER_ID);
      const zoom = editor.getZoomLevel();
      const at = { x: pointer?.x ?? 0, y: pointer?.y ?? 0 };
      const xray = xrayAt(editor, at);
      const frame = xray && frameOf(editor, xray.id);
      element.style.visibility = frame ? 'visible' : 'hidden';
      if (!xray || !frame) return;
      const renderer = shown.current?.renderer ?? createFrameRenderer(element, { force2d: true });
      if (shown.current?.frame !== frame) renderer.load(frame);
      shown.current = { renderer, frame };
      const side = Math.round(sizePx * window.devicePixelRatio);
      const k = sizePx / side / (zoom * power);
      const half = sizePx / 2 / (zoom * power);
      const inverse = Mat.Inverse(editor.getShapePageTransform(xray.id));
      const corner = Mat.applyToPoint(inverse, { x: at.x - half, y: at.y - half });
      const look = lookOf(editor, xray);
      renderer.draw({
        ...(look.window ?? frame.header.window),
        invert: look.invert,
        sharpen: look.sharpen,
        onto: {
          width: side,
          height: side,
          footprint: k,
          map: {
            a: inverse.a * k,
            b: inverse.c * k,
            c: inverse.b * k,
            d: inverse.d * k,
            e: corner.x,
            f: corner.y
          }
        }
      });
      const place = editor.pageToViewport(at);
      const up = editor.getInstanceState().isCoarsePointer ? abovePx : 0;
      element.style.transform = `translate(${place.x - sizePx / 2}px, ${place.y - sizePx / 2 - up}px)`;
    },
    [editor]
  );

  return <canvas ref={canvas} className="board-loupe" style={{ width: sizePx, height: sizePx }} />;
}
