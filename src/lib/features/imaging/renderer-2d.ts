import type { ColourFrame, Frame, GreyFrame } from './frame.ts';
import type { GreyWindow } from './image.ts';
import type { Painter, Plan } from './painter.ts';
import { resample, sharpen, windowInto } from './resample.ts';
import { invertAffine } from './view-transform.ts';
import { type Stepped, inSteps, isFineEnough, leastPixels, windowByTable } from './window-table.ts';

/** A picture at the canvas's resolution, and what it is drawn into. */
interface Kept {
  key: string;
  values: Float32Array;
  /** Once a second window is asked for: one is dragged. */
  stepped: Stepped | null;
  drawn: boolean;
  image: ImageData;
  words: Uint32Array;
}

/**
 * Paints with the 2-D canvas where there is no WebGL2. What a window works on is kept at the canvas's resolution
 * (resample.ts), so that dragging a window costs only the pixels that are on the screen.
 */
export function canvasPainter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext('2d');
  let frame: Frame | null = null;
  let kept: Kept | null = null;

  function keptFor(grey: GreyFrame, plan: Plan): Kept {
    const { width, height, map, sharpen: sharp } = plan;
    const key = [width, height, sharp, ...Object.values(map)].join();
    if (kept?.key === key) return kept;
    const values = resample(grey, plan);
    const image = new ImageData(width, height);
    kept = {
      key,
      values: sharp ? sharpen(values, plan) : values,
      stepped: null,
      drawn: false,
      image,
      words: new Uint32Array(image.data.buffer)
    };
    return kept;
  }

  function drawColour(colour: ColourFrame, plan: Plan, onto: CanvasRenderingContext2D): void {
    const m = invertAffine(plan.map);
    onto.setTransform(1, 0, 0, 1, 0, 0);
    onto.clearRect(0, 0, plan.width, plan.height);
    onto.imageSmoothingEnabled = plan.footprint !== 1;
    onto.imageSmoothingQuality = 'high';
    onto.setTransform(m.a, m.c, m.b, m.d, m.e, m.f);
    onto.filter = colourFilter(colour.header.window, plan);
    onto.drawImage(colour.bitmap, 0, 0);
    onto.filter = 'none';
  }

  return {
    kind: 'canvas2d',
    load(next) {
      frame = next;
      kept = null;
      return 1;
    },
    draw(plan) {
      if (!frame || !context) return;
      if (frame.kind === 'colour') return drawColour(frame, plan, context);
      const now = keptFor(frame, plan);
      const { image, words, values } = now;
      if (now.drawn && values.length >= leastPixels) now.stepped ??= inSteps(values);
      now.drawn = true;
      if (now.stepped && isFineEnough(now.stepped, plan.window)) windowByTable(words, now.stepped, plan);
      else windowInto(words, values, plan);
      context.putImageData(image, 0, 0);
    },
    dispose() {
      frame = null;
      kept = null;
    }
  };
}

/** Colour pictures: the window becomes brightness and contrast around their own full range. */
function colourFilter(own: GreyWindow, plan: Plan): string {
  const contrast = own.width / plan.window.width;
  const brightness = 1 + (own.center - plan.window.center) / own.width;
  return `brightness(${brightness}) contrast(${contrast})${plan.invert ? ' invert(1)' : ''}`;
}
