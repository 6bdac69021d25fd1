import type { Frame } from './frame.ts';
import type { GreyWindow } from './image.ts';
import type { Painter, Plan } from './painter.ts';
import { canvasPainter } from './renderer-2d.ts';
import { webglPainter } from './renderer-gl.ts';
import {
  canvasToImage,
  fitView,
  turnedSize,
  type Orientation,
  type Rotation,
  type View
} from './view-transform.ts';

export interface DrawOptions extends GreyWindow {
  invert?: boolean;
  rotate?: Rotation;
  flip?: boolean;
  sharpen?: boolean;
  /** A canvas whose pixels lie on the picture in any way, e.g. a magnifier's; `rotate`, `flip`, `view` are left aside. */
  onto?: Pick<Plan, 'width' | 'height' | 'map' | 'footprint'>;
  /**
   * What to show. Left out: the whole picture, and the canvas takes the picture's own size (at most
   * `maxCanvasPixels`); style its CSS size freely.
   */
  view?: View;
}

export interface FrameRenderer {
  readonly kind: 'webgl2' | 'canvas2d';
  /** Take a picture. `reduced` > 1: shown at 1/reduced of its resolution; say so to the person. */
  load(frame: Frame): { reduced: number };
  /** Draw at once. Does nothing before `load`. */
  draw(options: DrawOptions): void;
  dispose(): void;
}

/** iOS refuses canvases beyond 16.7 million pixels, Safari those with a longer side; what is refused is blank. */
export const maxCanvasPixels = 16_000_000;
export const maxCanvasSide = 16_384;

/** The most canvas pixels each way for an image pixel that every browser gives a canvas for; at most 1. */
export function mostDetail({ width, height }: { width: number; height: number }): number {
  return Math.min(1, Math.sqrt(maxCanvasPixels / (width * height)), maxCanvasSide / Math.max(width, height));
}

export interface RendererOptions {
  /** Use the 2-D canvas even where WebGL2 is there (tests, many small pictures). */
  force2d?: boolean;
  /** For tests: use WebGL2 also where the processor plays the GPU, which is slower than the 2-D canvas. */
  softwareGl?: boolean;
  /** Called when the GPU took the surface away: nothing is shown until it gives it back. */
  onLost?: () => void;
  /** For tests: pretend a smaller GPU. */
  maxTextureSize?: number;
  /** Called when the GPU gave the surface back after losing it, and the picture needs drawing again. */
  onRestored?: () => void;
}

/**
 * Shows 16-bit pictures with window and level: on the GPU (WebGL2, integer textures, so no bit is lost),
 * else on the processor. One canvas belongs to one renderer for life. A browser grants about 16 WebGL surfaces a page: dispose of what is off screen.
 */
export function createFrameRenderer(canvas: HTMLCanvasElement, options: RendererOptions = {}): FrameRenderer {
  let frame: Frame | null = null;
  let last: DrawOptions | null = null;
  const again = () => {
    if (!frame) return;
    painter.load(frame);
    if (last) draw(last);
    options.onRestored?.();
  };
  const painter: Painter =
    (options.force2d
      ? null
      : webglPainter(canvas, {
          onRestored: again,
          ...(options.onLost ? { onLost: options.onLost } : {}),
          limit: options.maxTextureSize ?? Infinity,
          software: options.softwareGl ?? false
        })) ?? canvasPainter(canvas);

  function draw(drawOptions: DrawOptions): void {
    if (!frame) return;
    last = drawOptions;
    const plan = planDrawing(frame, drawOptions);
    if (canvas.width !== plan.width) canvas.width = plan.width;
    if (canvas.height !== plan.height) canvas.height = plan.height;
    painter.draw(plan);
  }

  return {
    kind: painter.kind,
    load(next) {
      frame = next;
      return { reduced: painter.load(next) };
    },
    draw,
    dispose() {
      frame = null;
      painter.dispose();
    }
  };
}

/** Everything about one drawing that does not depend on how it is painted. */
export function planDrawing(frame: Frame, options: DrawOptions): Plan {
  const { header } = frame;
  const look = {
    window: { center: options.center, width: options.width },
    invert: (options.invert ?? false) !== (header.photometric === 'MONOCHROME1'),
    sharpen: (options.sharpen ?? false) && frame.kind === 'grey'
  };
  if (options.onto) return { ...look, ...options.onto };
  const orientation: Orientation = { rotate: options.rotate ?? 0, flip: options.flip ?? false };
  let view = options.view;
  if (!view) {
    const turned = turnedSize(header, orientation.rotate);
    const shrink = mostDetail(turned);
    const width = Math.max(1, Math.floor(turned.width * shrink));
    view = fitView(header, orientation.rotate, width, Math.max(1, Math.floor(turned.height * shrink)));
  }
  return {
    width: Math.max(1, Math.round(view.width)),
    height: Math.max(1, Math.round(view.height)),
    map: canvasToImage(header, orientation, view),
    footprint: 1 / view.scale,
    ...look
  };
}
