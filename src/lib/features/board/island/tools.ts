import { type Editor, StateNode, type TLKeyboardEventInfo, Vec, createShapeId } from 'tldraw';
import { type Frame } from '#lib/features/imaging/frame.ts';
import { type GreyWindow } from '#lib/features/imaging/image.ts';
import { dragWindow } from '#lib/features/imaging/window.ts';
import type { Point } from '../shapes.ts';
import { rounded } from './MeasureShape.tsx';
import { islandOf } from './island.ts';
import type { MeasureShape, PinShape, XrayShape } from './schema.ts';
import { xrayAt } from './xrays.ts';

/** Marks drawn while zoomed out are larger on the page, so that they look alike on the screen. */
function sizeForZoom(editor: Editor): number {
  return Math.min(100, Math.max(0.1, Math.round(100 / editor.getZoomLevel()) / 100));
}

/** A press that moves further than this, in CSS pixels, is a drag; a shorter one places a point. */
const dragPx = 5;

/** Places two or three points on an image, by dragging or by clicking one after the other. */
abstract class MeasureTool extends StateNode {
  protected abstract readonly pointCount: 2 | 3;
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
    this.editor.createShape<MeasureShape>({
      id: this.shapeId,
      type: 'measure',
      parentId: xray.id,
      x: 0,
      y: 0,
      props: {
        points: [point, point],
        color: this.pointCount === 2 ? 'yellow' : 'light-blue',
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
    if (moved < dragPx) return;
    this.placed.push(point);
    if (this.placed.length < this.pointCount) return this.float();
    this.write(this.placed);
    this.shapeId = null;
    this.placed = [];
    this.finished(shape.id);
  }
  override onCancel(): void {
    this.giveUp();
    this.editor.setCurrentTool('select');
  }
  override onInterrupt(): void {
    this.giveUp();
  }
  override onExit(): void {
    this.giveUp();
  }
  override onKeyUp(info: TLKeyboardEventInfo): void {
    if (info.key === 'Escape') this.onCancel();
  }
  protected finished(_id: MeasureShape['id']): void {}

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

export class LengthTool extends MeasureTool {
  static override id = 'length';
  protected readonly pointCount = 2;
}

export class AngleTool extends MeasureTool {
  static override id = 'angle';
  protected readonly pointCount = 3;
}

/** A length over something known; the page around asks for its millimetres. */
export class CalibrateTool extends MeasureTool {
  static override id = 'calibrate';
  protected readonly pointCount = 2;
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
    const { x, y } = this.editor.inputs.currentPagePoint;
    const id = createShapeId();
    this.editor.markHistoryStoppingPoint('pin');
    this.editor.createShape<PinShape>({
      id,
      type: 'pin',
      x,
      y,
      props: { number: nextPinNumber(this.editor), size: sizeForZoom(this.editor) }
    });
    this.editor.setCurrentTool('select');
    this.editor.select(id);
  }
  override onCancel(): void {
    this.editor.setCurrentTool('select');
  }
}

function nextPinNumber(editor: Editor): number {
  const numbers = editor
    .getCurrentPageShapes()
    .map((shape) => (shape.type === 'pin' ? (shape as PinShape).props.number : 0));
  return Math.min(9_999, Math.max(0, ...numbers) + 1);
}

/** Drag on an image: sideways the width of the grey window, up and down its centre. For everyone. */
export class WindowTool extends StateNode {
  static override id = 'window';
  private drag: { id: XrayShape['id']; start: GreyWindow; range: number; from: Point } | null = null;

  override onEnter(): void {
    this.editor.setCursor({ type: 'cross', rotation: 0 });
  }
  override onPointerDown(): void {
    const xray = xrayAt(this.editor, this.editor.inputs.currentPagePoint);
    if (!xray) return;
    const { host } = islandOf(this.editor);
    const { x, y } = this.editor.inputs.currentScreenPoint;
    host.loadFrame(xray.props.imageId).then(
      (frame) => this.begin(xray, frame, { x, y }),
      // The image says itself that it did not load; there is nothing to window.
      () => undefined
    );
  }
  override onPointerMove(): void {
    if (!this.drag || !this.editor.inputs.isPointing) return;
    const { x, y } = this.editor.inputs.currentScreenPoint;
    const height = Math.max(1, this.editor.getViewportScreenBounds().h);
    const { id, start, range, from } = this.drag;
    const { center, width } = dragWindow(start, (x - from.x) / height, (y - from.y) / height, range);
    this.editor.updateShape<XrayShape>({
      id,
      type: 'xray',
      props: { window: { center: Math.round(center), width: Math.round(width) } }
    });
  }
  override onPointerUp(): void {
    this.drag = null;
  }
  override onCancel(): void {
    this.drag = null;
    this.editor.setCurrentTool('select');
  }
  override onExit(): void {
    this.drag = null;
  }

  private begin(xray: XrayShape, frame: Frame, from: Point): void {
    if (!this.editor.inputs.isPointing || frame.kind !== 'grey') return;
    this.editor.markHistoryStoppingPoint('window');
    this.drag = {
      id: xray.id,
      start: xray.props.window ?? frame.header.window,
      range: frame.header.window.width,
      from
    };
  }
}

export const boardToolNodes = [LengthTool, AngleTool, CalibrateTool, PinTool, WindowTool];
