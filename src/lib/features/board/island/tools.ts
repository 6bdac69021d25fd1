import { type Editor, StateNode, type TLKeyboardEventInfo, Vec, type VecLike, createShapeId } from 'tldraw';
import { type GreyWindow } from '#lib/features/imaging/image.ts';
import { dragWindow } from '#lib/features/imaging/window.ts';
import { type MeasureKind, type Point, measureKinds, pointCounts } from '../shapes.ts';
import { rounded } from './MeasureShape.tsx';
import { frameOf } from './frames.ts';
import { islandOf } from './island.ts';
import { changeLook, lookOf, looksOf } from './looks.ts';
import type { MeasureShape, PinShape, XrayShape } from './schema.ts';
import { chosenTooth } from './tooth.ts';
import { xrayAt } from './xrays.ts';

/** Marks drawn while zoomed out are larger on the page, so that they look alike on the screen. */
function sizeForZoom(editor: Editor): number {
  return Math.min(100, Math.max(0.1, Math.round(100 / editor.getZoomLevel()) / 100));
}

/** A press that moves further than this, in CSS pixels, is a drag; a shorter one places a point. */
const dragPx = 5;

/**
 * Places points on an image, by dragging or by clicking one after the other. Where their number is open, a double
 * click, Enter or the last point once more ends it.
 */
abstract class MeasureTool extends StateNode {
  protected abstract readonly kind: MeasureKind;
  private shapeId: MeasureShape['id'] | null = null;
  private placed: Point[] = [];
  private mark = '';

  override onEnter(): void {
    this.editor.setCursor({ type: 'cross', rotation: 0 });
  }
  override onPointerDown(): void {
    if (this.shapeId) return this.float();
    const { currentPagePoint } = this.editor.inputs;
    const xray = xrayAt(this.editor, currentPagePoint);
    if (!xray) return islandOf(this.editor).onNotice('mark_on_image');
    this.mark = this.editor.markHistoryStoppingPoint('measure');
    const point = rounded(this.editor.getPointInShapeSpace(xray, currentPagePoint));
    this.shapeId = createShapeId();
    this.placed = [point];
    const [only, second] = xray.props.teeth;
    this.editor.createShape<MeasureShape>({
      id: this.shapeId,
      type: 'measure',
      parentId: xray.id,
      x: 0,
      y: 0,
      props: {
        kind: this.kind,
        points: [point, point],
        tooth: this.kind === 'tooth' && only && !second ? only : '',
        color: measureColors[this.kind],
        size: sizeForZoom(this.editor)
      }
    });
  }
  override onPointerMove(): void {
    if (this.shapeId) this.float();
  }
  override onPointerUp(): void {
    const shape = this.shape();
    const last = this.placed.at(-1);
    if (!shape || !last) return;
    const point = this.pointer(shape);
    const moved = Vec.Dist(point, last) * this.editor.getZoomLevel();
    const { least, most } = pointCounts[this.kind];
    if (moved < dragPx) {
      // The last point once more: that was all of an open line.
      if (most > least && this.placed.length >= least) this.complete(shape.id);
      return;
    }
    this.placed.push(point);
    if (this.placed.length < most) return this.float();
    this.complete(shape.id);
  }
  override onCancel(): void {
    this.giveUp();
    this.editor.setCurrentTool('select');
  }
  override onInterrupt(): void {
    this.giveUp();
  }
  /** Who takes another tool in hand has ended a line that could have gone on. */
  override onExit(): void {
    const { least, most } = pointCounts[this.kind];
    const shape = this.shape();
    if (shape && most > least && this.placed.length >= least) this.complete(shape.id);
    else this.giveUp();
  }
  override onKeyUp(info: TLKeyboardEventInfo): void {
    if (info.key === 'Escape') this.onCancel();
    if (info.key === 'Enter' && this.shapeId && this.placed.length >= pointCounts[this.kind].least)
      this.complete(this.shapeId);
  }
  protected finished(_id: MeasureShape['id']): void {}

  private complete(id: MeasureShape['id']): void {
    this.write(this.placed);
    this.shapeId = null;
    this.placed = [];
    this.finished(id);
  }
  private shape(): MeasureShape | null {
    return this.shapeId ? (this.editor.getShape<MeasureShape>(this.shapeId) ?? null) : null;
  }
  private pointer(shape: MeasureShape): Point {
    return rounded(this.editor.getPointInShapeSpace(shape, this.editor.inputs.currentPagePoint));
  }
  private float(): void {
    const shape = this.shape();
    if (shape) this.write([...this.placed, this.pointer(shape)]);
    else this.shapeId = null;
  }
  private write(points: Point[]): void {
    if (this.shapeId)
      this.editor.updateShape<MeasureShape>({ id: this.shapeId, type: 'measure', props: { points } });
  }
  private giveUp(): void {
    if (this.shape()) this.editor.bailToMark(this.mark);
    this.shapeId = null;
    this.placed = [];
  }
}

const measureColors: Record<MeasureKind, MeasureShape['props']['color']> = {
  length: 'yellow',
  polyline: 'yellow',
  tooth: 'light-green',
  angle: 'light-blue',
  cobb: 'light-blue',
  rect: 'orange',
  ellipse: 'orange'
};

const measureTools = measureKinds.map(
  (measureKind) =>
    class extends MeasureTool {
      static override id: string = measureKind;
      protected readonly kind = measureKind;
    }
);

/** A length over something known; the page around asks for its millimetres. */
export class CalibrateTool extends MeasureTool {
  static override id = 'calibrate';
  protected readonly kind = 'length';
  protected override finished(id: MeasureShape['id']): void {
    this.editor.setCurrentTool('select');
    this.editor.select(id);
    islandOf(this.editor).onCalibrate(id);
  }
}

export class PinTool extends StateNode {
  static override id = 'pin';

  override onEnter(): void {
    this.editor.setCursor({ type: 'cross', rotation: 0 });
  }
  override onPointerUp(): void {
    setPin(this.editor, this.editor.inputs.currentPagePoint, chosenTooth(this.editor).get() ?? '');
  }
  override onCancel(): void {
    this.editor.setCurrentTool('select');
  }
}

/** A new pin at a point of the page, selected, so that its comment can be written. */
export function setPin(editor: Editor, { x, y }: VecLike, tooth: string): void {
  const id = createShapeId();
  editor.markHistoryStoppingPoint('pin');
  editor.createShape<PinShape>({
    id,
    type: 'pin',
    x,
    y,
    props: { number: nextPinNumber(editor), size: sizeForZoom(editor), tooth }
  });
  editor.setCurrentTool('select');
  editor.select(id);
}

/** [BD-19] A pin at a tooth of the chart. False where the chart is not on the board. */
export function pinTooth(editor: Editor, tooth: string): boolean {
  const chart = editor.getCurrentPageShapes().find(({ type }) => type === 'odontogram');
  const bounds = chart && editor.getShapePageBounds(chart);
  if (!bounds || !/^\d\d$/.test(tooth)) return false;
  const drawn = editor.getContainer().querySelector(`.board-chart [data-tooth="${tooth}"]`);
  const { x, y, width, height } = drawn?.getBoundingClientRect() ?? new DOMRect();
  // Out of sight nothing is laid out.
  setPin(editor, width ? editor.screenToPage({ x: x + width / 2, y: y + height / 2 }) : bounds.center, tooth);
  return true;
}

function nextPinNumber(editor: Editor): number {
  const numbers = editor
    .getCurrentPageShapes()
    .map((shape) => (shape.type === 'pin' ? (shape as PinShape).props.number : 0));
  return Math.min(9_999, Math.max(0, ...numbers) + 1);
}

/** While a window is dragged others see it at most this often; who drags sees every step. Milliseconds. */
const windowWriteMs = 120;
/** On a board of thousands of marks a write takes long: it gets one part in so many of the time. */
const writeShare = 6;

/** Drag on an image: sideways the width of the grey window, up and down its centre. */
export class WindowTool extends StateNode {
  static override id = 'window';
  private drag: { xray: XrayShape; start: GreyWindow; range: number; from: Point } | null = null;
  private nextWriteAt = 0;

  override onEnter(): void {
    this.editor.setCursor({ type: 'cross', rotation: 0 });
  }
  override onPointerDown(): void {
    const xray = xrayAt(this.editor, this.editor.inputs.currentPagePoint);
    const frame = xray && frameOf(this.editor, xray.id);
    if (!xray || frame?.kind !== 'grey') return;
    const { x, y } = this.editor.inputs.currentScreenPoint;
    this.editor.markHistoryStoppingPoint('window');
    this.drag = {
      xray,
      start: lookOf(this.editor, xray).window ?? frame.header.window,
      range: frame.header.window.width,
      from: { x, y }
    };
  }
  override onPointerMove(): void {
    if (!this.drag || !this.editor.inputs.isPointing) return;
    const { x, y } = this.editor.inputs.currentScreenPoint;
    const height = Math.max(1, this.editor.getViewportScreenBounds().h);
    const { xray, start, range, from } = this.drag;
    const { center, width } = dragWindow(start, (x - from.x) / height, (y - from.y) / height, range);
    const window = { center: Math.round(center), width: Math.round(width) };
    looksOf(this.editor).dragged.set({ id: xray.id, window });
    const now = performance.now();
    if (now < this.nextWriteAt) return;
    this.nextWriteAt = now + windowWriteMs;
    changeLook(this.editor, xray, { window });
    // What follows from it is done before the next frame.
    requestAnimationFrame(() => {
      this.nextWriteAt = now + Math.max(windowWriteMs, writeShare * (performance.now() - now));
    });
  }
  override onPointerUp(): void {
    this.end();
  }
  override onCancel(): void {
    this.end();
    this.editor.setCurrentTool('select');
  }
  override onExit(): void {
    this.end();
  }

  private end(): void {
    const { dragged } = looksOf(this.editor);
    const last = dragged.get();
    if (this.drag && last) changeLook(this.editor, this.drag.xray, { window: last.window });
    dragged.set(null);
    this.drag = null;
  }
}

export const boardToolNodes = [...measureTools, CalibrateTool, PinTool, WindowTool];
