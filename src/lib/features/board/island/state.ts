import { type Computed, computed } from '@tldraw/state';
import { DefaultColorStyle, type Editor, type TLShape, WeakCache, createComputedCache } from 'tldraw';
import { type FormerValue, formerValues } from '../quotes.ts';
import { authorOf, calibrationVersion } from '../shapes.ts';
import { measureLines } from '../words.ts';
import { scaleOfMark, valueOfMark } from './MeasureShape.tsx';
import { draftingOf } from './drafting.ts';
import { frameOf } from './frames.ts';
import { restingLook, looksOf } from './looks.ts';
import type { MeasureShape, PinShape, XrayShape } from './schema.ts';
import { chosenTooth, marksOfTooth } from './tooth.ts';
import {
  type BoardColor,
  type BoardTool,
  type IslandState,
  type MeasureView,
  type PinView,
  boardColors,
  boardTools
} from './types.ts';
import { currentXray } from './xrays.ts';

/** What the page around shows of the board. Read inside a reaction: every value here is tracked. */
export function readState(editor: Editor, pen: IslandState['pen']): IslandState {
  const tool = editor.getCurrentToolId();
  const color = editor.getStyleForNextShape(DefaultColorStyle);
  const xray = currentXray(editor);
  const look = xray && restingLook(editor, xray);
  const { pins, measures } = listsOf.get(editor, makeLists);
  const tooth = chosenTooth(editor).get();
  return {
    tool: isTool(tool) ? tool : 'select',
    color: isColor(color) ? color : 'yellow',
    canUndo: editor.getCanUndo(),
    canRedo: editor.getCanRedo(),
    zoom: editor.getZoomLevel(),
    pins: pins.get(),
    measures: measures.get(),
    xray: xray && {
      id: xray.id,
      imageId: xray.props.imageId,
      scale: xray.props.calibration,
      version: calibrationVersion(xray.props),
      flip: xray.props.flip,
      invert: look?.invert ?? false,
      sharpen: look?.sharpen ?? false,
      frame: look?.frame ?? 1,
      frames: frameOf(editor, xray.id)?.count ?? 1
    },
    ownLooks: looksOf(editor).own.get() !== null,
    loupe: looksOf(editor).loupe.get(),
    selectionCount: editor.getSelectedShapeIds().length,
    made: made(editor),
    openPin: openPin(editor),
    following: editor.getInstanceState().followingUserId,
    pen,
    draftCount: draftingOf(editor.store).ids.get().size,
    tooth: tooth === null ? null : { number: tooth, count: marksOfTooth(editor, tooth).length }
  };
}

/** Worked out anew when a pin or a mark changes, and not each time the view moves or a window is dragged. */
const listsOf = new WeakCache<Editor, { pins: Computed<PinView[]>; measures: Computed<MeasureView[]> }>();

function makeLists(editor: Editor) {
  const [pins, measures] = [ofType<PinShape>(editor, 'pin'), ofType<MeasureShape>(editor, 'measure')];
  return {
    pins: computed('pins', () =>
      pins()
        .map(pinView)
        .sort((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1))
    ),
    measures: computed('measures', () => measures().map(({ id }) => measureViews.get(editor, id)!))
  };
}

/** Asked of the store by type, so that a stroke in progress does not walk through every shape at each point. */
function ofType<Shape extends MeasureShape | PinShape>(editor: Editor, type: Shape['type']): () => Shape[] {
  const all = editor.store.query.records('shape', () => ({ type: { eq: type } }));
  return () => {
    const page = editor.getCurrentPageId();
    return (all.get() as TLShape[]).filter((shape) => editor.getAncestorPageId(shape) === page) as Shape[];
  };
}

function pinView({ id, props, meta }: PinShape): PinView {
  const author = authorOf(meta);
  const { imageId = null, frame = null } = author ?? {};
  return { id, number: props.number, tooth: props.tooth, author, imageId, frame };
}

const measureViews = createComputedCache<Editor, MeasureView, MeasureShape>(
  'measure view',
  (editor, shape) => {
    const author = authorOf(shape.meta);
    return {
      id: shape.id,
      kind: shape.props.kind,
      text: measureLines(valueOfMark(editor, shape), shape.props, scaleOfMark(editor, shape)).join(' · '),
      pixels: pixelsOf(shape),
      imageId: author?.imageId ?? null,
      author,
      former: formerOf(editor, shape)
    };
  }
);

function made(editor: Editor): IslandState['made'] {
  const shape = editor.getOnlySelectedShape();
  if (!shape || shape.type === 'pin' || shape.type === 'xray' || shape.type === 'odontogram') return null;
  const author = authorOf(shape.meta);
  if (!author || author.by === 'system') return null;
  const parent = editor.getShapeParent(shape);
  const version = parent?.type === 'xray' ? calibrationVersion((parent as XrayShape).props) : undefined;
  return {
    ...author,
    outdated:
      shape.type === 'measure' &&
      author.calibration !== undefined &&
      version !== undefined &&
      author.calibration < version
  };
}

function openPin(editor: Editor): IslandState['openPin'] {
  // With another tool in hand the comment would only stand in the way.
  if (editor.getCurrentToolId() !== 'select') return null;
  const only = editor.getOnlySelectedShape();
  if (only?.type !== 'pin' || editor.isIn('select.translating') || editor.isShapeHidden(only)) return null;
  const bounds = editor.getShapePageBounds(only);
  if (!bounds) return null;
  const { x, y } = editor.pageToViewport(bounds.center);
  return { id: only.id, at: { x: Math.round(x), y: Math.round(y) } };
}

function isTool(id: string): id is BoardTool {
  return (boardTools as readonly string[]).includes(id);
}
function isColor(color: unknown): color is BoardColor {
  return (boardColors as readonly unknown[]).includes(color);
}

function formerOf(editor: Editor, shape: MeasureShape): FormerValue[] {
  const parent = editor.getShapeParent(shape);
  return parent?.type === 'xray' ? formerValues(shape.props, (parent as XrayShape).props) : [];
}

function pixelsOf({ props }: MeasureShape): number | null {
  const [a, b] = props.points;
  return a && b && props.kind === 'length' ? Math.round(Math.hypot(b.x - a.x, b.y - a.y)) : null;
}
