import type { Editor, TLShape, TLShapeId } from 'tldraw';
import { canBeDraft } from '../drafts.ts';
import { calibrationVersion } from '../shapes.ts';
import { asDraft, listDrafts } from './drafting.ts';
import { frameOf, frameShown } from './frames.ts';
import { islandOf } from './island.ts';
import { uprightRotation } from './mirror.ts';
import type { XrayShape } from './schema.ts';
import { chosenTooth } from './tooth.ts';

/** What holds on a board beyond tldraw's own rules. @returns what ends them */
export function registerRules(editor: Editor): () => void {
  editor.getInitialMetaForShape = (shape) => authorship(editor, shape);
  // Pictures come from the record, checked and named; a file dropped or pasted here would be neither.
  editor.registerExternalContentHandler('files', null);
  editor.registerExternalContentHandler('url', null);
  editor.registerExternalContentHandler('embed', null);
  editor.registerExternalContentHandler('svg-text', null);
  const stopCreate = editor.sideEffects.registerBeforeCreateHandler('shape', (shape, source) => {
    if (source !== 'user') return shape;
    const rotation = uprightRotation(editor, shape);
    return asDraft(editor, withOwnName(editor, rotation === null ? shape : { ...shape, rotation }));
  });
  const stopMove = editor.sideEffects.registerBeforeChangeHandler('shape', (before, next, source) =>
    source === 'user' && before.parentId !== next.parentId
      ? { ...next, meta: { ...without(next.meta), ...placeOf(editor, next) } }
      : next
  );
  const stopEraser = editor.sideEffects.registerBeforeChangeHandler(
    'instance_page_state',
    (_before, next) => {
      const erasing = next.erasingShapeIds.filter((id) => !isEvidence(editor, id));
      return erasing.length === next.erasingShapeIds.length ? next : { ...next, erasingShapeIds: erasing };
    }
  );
  const stopDrafts = listDrafts(editor);
  return () => {
    stopCreate();
    stopDrafts();
    stopMove();
    stopEraser();
  };
}

/**
 * Who puts something on the board answers for it: what is brought back or copied from another's work carries the name
 * of who did so, and stays on its frame. The server takes nothing in another's name.
 */
function withOwnName(editor: Editor, shape: TLShape): TLShape {
  if (shape.meta['by'] === islandOf(editor).user.id) return shape;
  const { frame } = shape.meta;
  return { ...shape, meta: { ...authorship(editor, shape), ...(frame === undefined ? {} : { frame }) } };
}

/** Images and the chart are not rubbed out with what is drawn on them. */
function isEvidence(editor: Editor, id: TLShapeId): boolean {
  const type = editor.getShape(id)?.type;
  return type === 'xray' || type === 'odontogram';
}

function authorship(editor: Editor, shape: TLShape): Record<string, string | number> {
  const { user } = islandOf(editor);
  const tooth = chosenTooth(editor).get();
  return {
    by: user.id,
    // A pin is a place; who set it is named by what is said there.
    ...(shape.type === 'pin' ? {} : { byName: user.name }),
    at: new Date().toISOString(),
    // While the marks of one tooth stand out, what is drawn is of that tooth.
    ...(tooth !== null && canBeDraft(shape.type) ? { tooth } : {}),
    ...placeOf(editor, shape)
  };
}

/** [BI-26] The image something lies on, the frame of it that is seen there, and what it is measured by. */
function placeOf(editor: Editor, shape: TLShape): Record<string, string | number> {
  const image = editor.getShape(shape.parentId as TLShapeId) ?? shape;
  const xray = [image, ...editor.getShapeAncestors(image)].find((each) => each.type === 'xray') as
    XrayShape | undefined;
  if (!xray) return {};
  const { imageId } = xray.props;
  if (shape.type === 'xray') return { imageId };
  const frame = frameShown(editor, xray);
  // A pin is a place and is not measured by; where there is one frame it says none.
  if (shape.type === 'pin')
    return { imageId, ...((frameOf(editor, xray.id)?.count ?? frame) > 1 ? { frame } : {}) };
  return { imageId, frame, calibration: calibrationVersion(xray.props) };
}

/** What is said of another place does not hold at a new one. */
function without({ imageId, frame, calibration, ...kept }: TLShape['meta']): TLShape['meta'] {
  return kept;
}
