import type { Editor, TLShape, TLShapeId } from 'tldraw';
import { islandOf } from './island.ts';
import type { XrayShape } from './schema.ts';

/** What holds on a board beyond tldraw's own rules. @returns what ends them */
export function registerRules(editor: Editor): () => void {
  editor.getInitialMetaForShape = (shape) => authorship(editor, shape);
  // Pictures come from the record, checked and named; a file dropped or pasted here would be neither.
  editor.registerExternalContentHandler('files', null);
  editor.registerExternalContentHandler('url', null);
  editor.registerExternalContentHandler('embed', null);
  editor.registerExternalContentHandler('svg-text', null);
  const stopEraser = editor.sideEffects.registerBeforeChangeHandler(
    'instance_page_state',
    (_before, next) => {
      const erasing = next.erasingShapeIds.filter((id) => !isEvidence(editor, id));
      return erasing.length === next.erasingShapeIds.length ? next : { ...next, erasingShapeIds: erasing };
    }
  );
  return stopEraser;
}

/** Images and the chart are not rubbed out with what is drawn on them. */
function isEvidence(editor: Editor, id: TLShapeId): boolean {
  const type = editor.getShape(id)?.type;
  return type === 'xray' || type === 'odontogram';
}

function authorship(editor: Editor, shape: TLShape): Record<string, string> {
  const { user } = islandOf(editor);
  const image = editor.getShape(shape.parentId as TLShapeId) ?? shape;
  const xray = [image, ...editor.getShapeAncestors(image)].find((each) => each.type === 'xray');
  const imageId = xray ? (xray as XrayShape).props.imageId : undefined;
  return {
    by: user.id,
    // A pin is a place; who set it is named by what is said there.
    ...(shape.type === 'pin' ? {} : { byName: user.name }),
    at: new Date().toISOString(),
    ...(imageId === undefined ? {} : { imageId })
  };
}
