import { useEditor, useValue } from 'tldraw';
import { markStyles } from './tooth.ts';

/** How marks look to this person alone: drafts, and those of the tooth they chose. */
export function MarkStyles() {
  const editor = useEditor();
  const css = useValue('mark styles', () => markStyles(editor), [editor]);
  return css ? <style>{css}</style> : null;
}
