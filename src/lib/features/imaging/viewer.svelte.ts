import type { Frame } from './frame.ts';
import type { Calibration, GreyWindow } from './image.ts';
import { scaleOf, type Point, type Scale } from './measure.ts';
import type { DrawOptions } from './renderer.ts';
import {
  applyAffine,
  canvasToImage,
  fitView,
  invertAffine,
  turnedSize,
  type Rotation,
  type View
} from './view-transform.ts';
import { dragWindow, presetWindow, windowFromRange, type WindowPreset } from './window.ts';

export type ViewerTool = 'window' | 'pan' | 'length' | 'angle' | 'calibrate';
export interface Mark {
  id: number;
  kind: 'length' | 'angle' | 'calibrate';
  /** The frame it was made on, from 1. */
  frame: number;
  /** Image pixels. The last one follows the pointer while `open`. */
  points: Point[];
}

const pointsOf = { length: 2, calibrate: 2, angle: 3 } as const;
const minScale = 0.02;
const maxScale = 40;
const zoomStep = 1.25;

/** What one picture looks like on one screen: window, orientation, zoom, measurements. Lengths in CSS pixels. */
export class ViewerState {
  frame = $state.raw<Frame | null>(null);
  /** How many frames the image has, and which of them is wanted, from 1; `frame` is the one that is there. */
  count = $state(1);
  number = $state(1);
  window = $state.raw<GreyWindow>({ center: 128, width: 256 });
  invert = $state(false);
  rotate = $state<Rotation>(0);
  flip = $state(false);
  tool = $state<ViewerTool>('window');
  marks = $state<Mark[]>([]);
  open = $state<Mark | null>(null);
  calibration = $state.raw<Calibration | null>(null);
  /** Size of the drawing area. */
  width = $state(0);
  height = $state(0);
  /** CSS pixels per image pixel, and the point of the turned picture in the middle. */
  scale = $state(1);
  center = $state.raw<Point>({ x: 0, y: 0 });
  #fitted = true;
  #isNew = true;
  #nextMark = 1;

  /** What lies on the frame that is shown. */
  readonly marksHere = $derived(this.marks.filter((mark) => mark.frame === this.frame?.number));
  readonly size = $derived({ columns: this.frame?.header.columns ?? 1, rows: this.frame?.header.rows ?? 1 });
  readonly measureScale: Scale = $derived(
    scaleOf(this.frame?.header.pixelSpacing ?? { rowMm: 0, columnMm: 0, source: 'none' }, this.calibration)
  );
  readonly #view: View = $derived({
    width: this.width,
    height: this.height,
    scale: this.scale,
    centerX: this.center.x,
    centerY: this.center.y
  });
  readonly #toImage = $derived(
    canvasToImage(this.size, { rotate: this.rotate, flip: this.flip }, this.#view)
  );
  readonly #toScreen = $derived(invertAffine(this.#toImage));

  /** An image is looked at anew: from its first frame, with no marks, in its own way. */
  begin(count: number): void {
    this.frame = null;
    this.#isNew = true;
    this.count = count;
    this.number = 1;
    this.marks = [];
    this.open = null;
  }

  /** Further frames are looked at as the one before. */
  show(frame: Frame, calibration: Calibration | null): void {
    this.frame = frame;
    this.calibration = calibration;
    this.open = null;
    if (this.#isNew) this.reset();
    this.#isNew = false;
  }

  goTo(number: number): void {
    this.number = Math.min(Math.max(1, number), this.count);
  }
  nextFrame = (): void => this.goTo(this.number + 1);
  previousFrame = (): void => this.goTo(this.number - 1);

  reset(): void {
    if (this.frame) this.window = this.frame.header.window;
    this.invert = false;
    this.rotate = 0;
    this.flip = false;
    this.fit();
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    if (this.#fitted) this.fit();
  }

  fit(): void {
    if (this.width === 0 || this.height === 0) return;
    const view = fitView(this.size, this.rotate, this.width, this.height);
    this.scale = view.scale;
    this.center = { x: view.centerX, y: view.centerY };
    this.#fitted = true;
  }

  /** One image pixel on one pixel of the screen. */
  actual(pixelRatio: number): void {
    this.zoomTo(1 / pixelRatio, { x: this.width / 2, y: this.height / 2 });
  }

  zoomBy(factor: number, at: Point = { x: this.width / 2, y: this.height / 2 }): void {
    this.zoomTo(this.scale * factor, at);
  }
  zoomIn = (): void => this.zoomBy(zoomStep);
  zoomOut = (): void => this.zoomBy(1 / zoomStep);

  /** Zoom so that what is under `at` stays there. */
  zoomTo(scale: number, at: Point): void {
    const next = Math.min(maxScale, Math.max(minScale, scale));
    const dx = at.x - this.width / 2;
    const dy = at.y - this.height / 2;
    const change = 1 / this.scale - 1 / next;
    this.scale = next;
    this.#moveCenter(dx * change, dy * change);
  }

  panBy(dx: number, dy: number): void {
    this.#moveCenter(-dx / this.scale, -dy / this.scale);
  }

  /** The picture cannot be lost: its middle stays within itself. */
  #moveCenter(dx: number, dy: number): void {
    const turned = turnedSize(this.size, this.rotate);
    this.center = {
      x: Math.min(turned.width, Math.max(0, this.center.x + dx)),
      y: Math.min(turned.height, Math.max(0, this.center.y + dy))
    };
    this.#fitted = false;
  }

  turn(): void {
    this.rotate = ((this.rotate + 90) % 360) as Rotation;
    this.fit();
  }

  dragWindow(start: GreyWindow, dx: number, dy: number): void {
    if (!this.frame) return;
    const { header } = this.frame;
    this.window = dragWindow(start, dx / this.height, dy / this.height, header.window.width);
  }

  preset(preset: WindowPreset): void {
    if (!this.frame) return;
    const { window, range } = this.frame.header;
    this.window = presetWindow(preset, window, windowFromRange(range.low, range.high));
  }

  toImage(screen: Point): Point {
    return applyAffine(this.#toImage, screen.x, screen.y);
  }
  toScreen(image: Point): Point {
    return applyAffine(this.#toScreen, image.x, image.y);
  }

  /** A press of a measuring tool: begins a mark, or sets its next point. */
  press(at: Point): void {
    const point = this.#inside(this.toImage(at));
    if (this.open) {
      this.open.points[this.open.points.length - 1] = point;
      return;
    }
    const kind = this.tool;
    if (kind !== 'length' && kind !== 'angle' && kind !== 'calibrate') return;
    this.open = { id: this.#nextMark++, kind, frame: this.frame?.number ?? 1, points: [point, point] };
  }

  /** The pointer moves with a mark open. */
  follow(at: Point): void {
    if (this.open) this.open.points[this.open.points.length - 1] = this.#inside(this.toImage(at));
  }

  /**
   * The pointer is released: a point is set where it has moved away from the one before.
   * @returns the mark, once it is complete
   */
  release(): Mark | null {
    if (!this.open) return null;
    const { points, kind } = this.open;
    const [a, b] = points.slice(-2).map((point) => this.toScreen(point)) as [Point, Point];
    if (Math.hypot(a.x - b.x, a.y - b.y) < 5) return null;
    if (points.length < pointsOf[kind]) {
      points.push(points.at(-1)!);
      return null;
    }
    const done = $state.snapshot(this.open);
    this.open = null;
    if (kind !== 'calibrate') this.marks.push(done);
    return done;
  }

  /** The point of a mark near a place on the screen. */
  handleAt(screen: Point, reach: number): { mark: Mark; index: number } | null {
    for (const mark of this.marksHere.toReversed())
      for (const [index, point] of mark.points.entries()) {
        const at = this.toScreen(point);
        if (Math.hypot(at.x - screen.x, at.y - screen.y) <= reach) return { mark, index };
      }
    return null;
  }

  movePoint({ mark, index }: { mark: Mark; index: number }, at: Point): void {
    mark.points[index] = this.#inside(this.toImage(at));
  }

  undoMark(): void {
    const last = this.marksHere.at(-1);
    if (this.open) this.open = null;
    else if (last) this.marks = this.marks.filter(({ id }) => id !== last.id);
  }

  #inside({ x, y }: Point): Point {
    const { columns, rows } = this.size;
    return { x: Math.min(columns, Math.max(0, x)), y: Math.min(rows, Math.max(0, y)) };
  }

  /** For the renderer; `ratio` device pixels per CSS pixel. */
  drawOptions(ratio: number): DrawOptions {
    const { width, height, scale, centerX, centerY } = this.#view;
    return {
      ...this.window,
      invert: this.invert,
      rotate: this.rotate,
      flip: this.flip,
      view: {
        width: Math.round(width * ratio),
        height: Math.round(height * ratio),
        scale: scale * ratio,
        centerX,
        centerY
      }
    };
  }
}
