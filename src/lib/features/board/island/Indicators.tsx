import { type Editor, type TLShapeId, useEditor, useEditorComponents, useValue } from 'tldraw';

/** What is selected or under the pointer, outlined. tldraw's own keeps a hidden outline of every shape in the page. */
export function Indicators() {
  const editor = useEditor();
  const { ShapeIndicator } = useEditorComponents();
  const ids = useValue('outlined shapes', () => outlined(editor), [editor]);
  return ShapeIndicator ? ids.map((id) => <ShapeIndicator key={id} shapeId={id} />) : null;
}

/** As tldraw chooses them: not while something is moved or turned. */
function outlined(editor: Editor): TLShapeId[] {
  const { isChangingStyle, isHoveringCanvas, isCoarsePointer } = editor.getInstanceState();
  const isIdle = editor.isInAny('select.idle', 'select.editing_shape');
  const isChoosing = editor.isInAny(
    'select.brushing',
    'select.scribble_brushing',
    'select.pointing_shape',
    'select.pointing_selection',
    'select.pointing_handle'
  );
  if (isChangingStyle || !(isIdle || isChoosing)) return [];
  const hovered = isIdle && isHoveringCanvas && !isCoarsePointer ? editor.getHoveredShapeId() : null;
  return [...new Set([...editor.getSelectedShapeIds(), ...(hovered ? [hovered] : [])])].filter(
    (id) => !editor.isShapeHidden(id)
  );
}
