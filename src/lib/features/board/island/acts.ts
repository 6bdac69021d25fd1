import type * as Y from 'yjs';
import {
  Box,
  type Editor,
  type TLShape,
  type TLShapeId,
  canonicalizeRotation,
  createShapeId,
  getIndexAbove
} from 'tldraw';
import { calibrationFrom } from '#lib/features/imaging/measure.ts';
import { type WindowPreset, presetWindow, windowFromRange } from '#lib/features/imaging/window.ts';
import { readBoard } from '../format.ts';
import { type Layout, placesOf } from '../layout.ts';
import { type BoardImage, xrayRecord } from '../initial.ts';
import { authorOf, maxEarlierScales } from '../shapes.ts';
import { frameOf, frameOfMark, frameShown } from './frames.ts';
import { islandOf } from './island.ts';
import { changeLook, lookOf } from './looks.ts';
import { asOfNow } from './pin-schema.ts';
import { type MeasureShape, type PinShape, type XrayShape, validRecord } from './schema.ts';
import { currentXray, xraysOf } from './xrays.ts';

/** What people do to what is on the board, apart from drawing. Each is one step of undo. */

const gap = 120;

export function applyPreset(editor: Editor, preset: WindowPreset): void {
  const xray = currentXray(editor);
  const frame = xray && frameOf(editor, xray.id);
  if (!xray || frame?.kind !== 'grey') return;
  const { range, window: own } = frame.header;
  const window = preset === 'file' ? null : presetWindow(preset, own, windowFromRange(range.low, range.high));
  editor.markHistoryStoppingPoint('image');
  changeLook(editor, xray, { window });
}

export function toggleInvert(editor: Editor): void {
  toggle(editor, 'invert');
}

export function toggleSharpen(editor: Editor): void {
  toggle(editor, 'sharpen');
}

function toggle(editor: Editor, what: 'invert' | 'sharpen'): void {
  const xray = currentXray(editor);
  if (!xray) return;
  editor.markHistoryStoppingPoint('image');
  changeLook(editor, xray, { [what]: !lookOf(editor, xray)[what] });
}

/** Leafing is no work on the board: undo passes over it. */
export function stepFrame(editor: Editor, by: number): void {
  const xray = currentXray(editor);
  const count = xray && frameOf(editor, xray.id)?.count;
  if (xray && count) goToFrame(editor, xray, Math.min(count, Math.max(1, lookOf(editor, xray).frame + by)));
}

function goToFrame(editor: Editor, xray: XrayShape, frame: number): void {
  if (frame === lookOf(editor, xray).frame) return;
  // What goes out of sight is not kept in hand.
  if (editor.getSelectedShapes().some(({ parentId }) => parentId === xray.id)) editor.select(xray.id);
  editor.run(() => changeLook(editor, xray, { frame }), { history: 'ignore' });
}

export function rotateImage(editor: Editor): void {
  const xray = currentXray(editor);
  if (!xray) return;
  editor.markHistoryStoppingPoint('rotate');
  editor.rotateShapesBy([xray.id], Math.PI / 2);
}

/** Left and right change places, as they are on the screen; the image stays where it is. */
export function flipImage(editor: Editor): void {
  const xray = currentXray(editor);
  const bounds = xray && editor.getShapePageBounds(xray);
  if (!xray || !bounds) return;
  editor.markHistoryStoppingPoint('flip');
  // A mirror across the vertical: mirror.ts mirrors across the image's own horizontal, half a turn makes up for it.
  editor.updateShape<XrayShape>({
    id: xray.id,
    type: 'xray',
    x: 2 * bounds.center.x - xray.x,
    rotation: canonicalizeRotation(Math.PI - xray.rotation),
    props: { flip: !xray.props.flip }
  });
}

/** Images go to their places with all that lies on them, the chart below them. */
export function arrange(editor: Editor, layout: Layout): void {
  const boxes = new Map(xraysOf(editor).map((xray) => [xray, editor.getShapePageBounds(xray) ?? new Box()]));
  const places = placesOf(
    [...boxes].map(([{ id, props }, { w, h }]) => ({
      id,
      kind: props.kind,
      takenOn: props.takenOn,
      teeth: props.teeth,
      w,
      h
    })),
    layout
  );
  if (!places.size) return;
  editor.markHistoryStoppingPoint('arrange');
  editor.updateShapes(
    [...boxes].map(([{ id, type, x, y }, box]) => {
      const place = places.get(id)!;
      return { id, type, x: x + place.x - box.minX, y: y + place.y - box.minY };
    })
  );
  const all = Box.Common(xraysOf(editor).map((xray) => editor.getShapePageBounds(xray) ?? new Box()));
  const chart = editor.getCurrentPageShapes().find(({ type }) => type === 'odontogram');
  const chartBox = chart && editor.getShapePageBounds(chart);
  if (chart && chartBox)
    editor.updateShape({
      id: chart.id,
      type: chart.type,
      x: all.center.x - chartBox.w / 2,
      y: all.maxY + gap
    });
  showAll(editor);
}

/** Into view, where it is on the board. @returns false where it is not */
export function focusImage(editor: Editor, imageId: string): boolean {
  const there = xraysOf(editor).find((xray) => xray.props.imageId === imageId);
  if (there) focusShape(editor, there.id);
  return there !== undefined;
}

export function insertImage(editor: Editor, image: BoardImage): void {
  if (focusImage(editor, image.imageId)) return;
  const last = editor.getCurrentPageShapesSorted().at(-1);
  const bounds = Box.Common(xraysOf(editor).map((xray) => editor.getShapePageBounds(xray) ?? new Box()));
  const { user } = islandOf(editor);
  const record = xrayRecord(
    image,
    {
      x: xraysOf(editor).length ? bounds.maxX + gap : 0,
      y: xraysOf(editor).length ? bounds.minY : 0,
      index: getIndexAbove(last?.index)
    },
    { by: user.id, byName: user.name, at: new Date().toISOString() }
  );
  editor.markHistoryStoppingPoint('insert image');
  editor.createShape({ ...record, parentId: editor.getCurrentPageId() } as unknown as XrayShape);
  focusShape(editor, record.id as TLShapeId);
}

export function removeImage(editor: Editor, id: string): void {
  const shape = editor.getShape(id as TLShapeId);
  if (shape?.type !== 'xray') return;
  editor.markHistoryStoppingPoint('remove image');
  editor.deleteShapes([shape.id]);
}

/** False where the mark is no length or too short to rest a scale on. */
export function calibrate(editor: Editor, measureId: string, knownMm: number, on: string): boolean {
  const mark = editor.getShape<MeasureShape>(measureId as TLShapeId);
  const xray = mark && editor.getShapeParent(mark);
  const [a, b] = mark?.props.points ?? [];
  if (mark?.props.kind !== 'length' || xray?.type !== 'xray' || !a || !b) return false;
  const mm = calibrationFrom(a, b, knownMm);
  if (mm === null) return false;
  const { calibration, earlier } = (xray as XrayShape).props;
  editor.markHistoryStoppingPoint('calibrate');
  editor.updateShape<XrayShape>({
    id: xray.id as XrayShape['id'],
    type: 'xray',
    props: {
      earlier: [...earlier, calibration].slice(-maxEarlierScales),
      calibration: {
        kind: 'user',
        rowMm: mm,
        columnMm: mm,
        by: islandOf(editor).user.name,
        at: new Date().toISOString(),
        on: on.slice(0, 120)
      }
    }
  });
  return true;
}

export function setPinTooth(editor: Editor, id: string, tooth: string): void {
  if (editor.getShape(id as TLShapeId)?.type !== 'pin') return;
  editor.updateShape<PinShape>({ id: id as TLShapeId, type: 'pin', props: { tooth } });
}

export function removeShape(editor: Editor, id: string): void {
  if (!editor.getShape(id as TLShapeId)) return;
  editor.markHistoryStoppingPoint('remove');
  editor.deleteShapes([id as TLShapeId]);
}

/** Deletes what is selected, but never evidence (images and the chart have their own act) nor what is not seen. */
export function deleteSelection(editor: Editor): void {
  const ids = editor
    .getSelectedShapes()
    .filter((shape) => shape.type !== 'xray' && shape.type !== 'odontogram' && !editor.isShapeHidden(shape));
  if (!ids.length) return;
  editor.markHistoryStoppingPoint('delete');
  editor.deleteShapes(ids.map((shape) => shape.id));
}

/** Narrower than this, CSS pixels, a screen shows one image at a time. */
const narrowPx = 700;

/** The whole board; on a narrow screen, where that would be a stamp, the first image. */
export function showFirst(editor: Editor): void {
  const first = xraysOf(editor)[0];
  const bounds = first && editor.getShapePageBounds(first);
  if (bounds && editor.getViewportScreenBounds().w < narrowPx)
    editor.zoomToBounds(bounds, { immediate: true, inset: 12 });
  else showAll(editor, 0);
}

export function showAll(editor: Editor, animationMs = 200): void {
  const bounds = editor.getCurrentPageBounds();
  if (!bounds) return;
  const inset = editor.getViewportScreenBounds().w < narrowPx ? 12 : 56;
  editor.zoomToBounds(bounds, {
    inset,
    ...(animationMs ? { animation: { duration: animationMs } } : { immediate: true })
  });
}

export function focusShape(editor: Editor, id: string): void {
  const bounds = editor.getShapePageBounds(id as TLShapeId);
  if (!bounds) return;
  editor.stopFollowingUser();
  const mark = editor.getShape(id as TLShapeId);
  const xray = mark && editor.getShapeParent(mark);
  if (mark && xray?.type === 'xray' && frameShown(editor, xray as XrayShape) !== frameOfMark(mark.meta))
    goToFrame(editor, xray as XrayShape, frameOfMark(mark.meta));
  editor.select(id as TLShapeId);
  const small = bounds.w < 200;
  if (small) editor.centerOnPoint(bounds.center, { animation: { duration: 200 } });
  else editor.zoomToBounds(bounds, { animation: { duration: 200 }, inset: 32 });
}

export function pasteCopy(editor: Editor, of: Y.Doc): boolean {
  const { user } = islandOf(editor);
  const at = new Date().toISOString();
  const shapes = readBoard(of)
    .map((raw) => validRecord(asOfNow(of, raw)))
    .filter((record): record is TLShape => record?.typeName === 'shape' && record.type !== 'odontogram');
  if (!shapes.length) return false;
  const ids = new Map(shapes.map(({ id }) => [id as string, createShapeId()]));
  const onPage = shapes.filter(({ parentId }) => !ids.has(parentId));
  const left = Math.min(...onPage.map(({ x }) => x));
  const shift = (editor.getCurrentPageBounds()?.maxX ?? 0) + 2 * gap - left;
  editor.markHistoryStoppingPoint('paste copy');
  editor.createShapes(
    shapes.map((shape) => {
      const parentId = ids.get(shape.parentId);
      const { imageId, frame, calibration } = authorOf(shape.meta) ?? {};
      return {
        ...shape,
        id: ids.get(shape.id)!,
        parentId: parentId ?? editor.getCurrentPageId(),
        x: parentId ? shape.x : shape.x + shift,
        meta: {
          by: user.id,
          ...(shape.type === 'pin' ? {} : { byName: user.name }),
          at,
          ...(imageId === undefined ? {} : { imageId }),
          ...(frame === undefined ? {} : { frame }),
          ...(calibration === undefined ? {} : { calibration })
        }
      };
    })
  );
  showAll(editor);
  return true;
}
