import type { Frame, GreyFrame } from './frame.ts';
import type { GreyWindow } from './image.ts';
import type { Painter, Plan } from './painter.ts';
import { invertAffine } from './view-transform.ts';
import { applyWindow } from './window.ts';

/** Grey level 0…255 of every stored value that can occur, for one window. Signed values are offset by 32768. */
export function greyTable(frame: GreyFrame, window: GreyWindow, invert: boolean): Uint8ClampedArray {
  const { rescale } = frame.header;
  const table = new Uint8ClampedArray(65_536);
  const offset = frame.pixels instanceof Int16Array ? 32_768 : 0;
  for (let i = 0; i < table.length; i++) {
    const level = applyWindow((i - offset) * rescale.slope + rescale.intercept, window);
    table[i] = Math.round((invert ? 1 - level : level) * 255);
  }
  return table;
}

/** The whole picture through a window, as RGBA: the reference the GPU is tested against. */
export function paintGrey(
  frame: GreyFrame,
  window: GreyWindow,
  invert: boolean
): Uint8ClampedArray<ArrayBuffer> {
  const table = greyTable(frame, window, invert);
  const offset = frame.pixels instanceof Int16Array ? 32_768 : 0;
  const rgba = new Uint8ClampedArray(frame.pixels.length * 4);
  const words = new Uint32Array(rgba.buffer);
  for (let i = 0; i < words.length; i++)
    words[i] = 0xff000000 | (table[frame.pixels[i]! + offset]! * 0x010101);
  return rgba;
}

/** Paints with the 2-D canvas where there is no WebGL2. */
export function canvasPainter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext('2d');
  let frame: Frame | null = null;
  let painted: { key: string; source: CanvasImageSource } | null = null;

  function sourceFor(current: Frame, plan: Plan): CanvasImageSource {
    if (current.kind === 'colour') return current.bitmap;
    const key = `${plan.window.center}/${plan.window.width}/${plan.invert}`;
    if (painted?.key === key) return painted.source;
    const { rows, columns } = current.header;
    const source = new OffscreenCanvas(columns, rows);
    source
      .getContext('2d')
      ?.putImageData(new ImageData(paintGrey(current, plan.window, plan.invert), columns, rows), 0, 0);
    painted = { key, source };
    return source;
  }

  return {
    kind: 'canvas2d',
    load(next) {
      frame = next;
      painted = null;
      return 1;
    },
    draw(plan) {
      if (!frame || !context) return;
      const m = invertAffine(plan.map);
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, plan.width, plan.height);
      context.imageSmoothingEnabled = plan.footprint !== 1;
      context.imageSmoothingQuality = 'high';
      context.setTransform(m.a, m.c, m.b, m.d, m.e, m.f);
      if (frame.kind === 'colour') context.filter = colourFilter(frame.header.window, plan);
      context.drawImage(sourceFor(frame, plan), 0, 0);
      context.filter = 'none';
    },
    dispose() {
      frame = null;
      painted = null;
    }
  };
}

/** Colour pictures: the window becomes brightness and contrast around their own full range. */
function colourFilter(own: GreyWindow, plan: Plan): string {
  const contrast = own.width / plan.window.width;
  const brightness = 1 + (own.center - plan.window.center) / own.width;
  return `brightness(${brightness}) contrast(${contrast})${plan.invert ? ' invert(1)' : ''}`;
}
