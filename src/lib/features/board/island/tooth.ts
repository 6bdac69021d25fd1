import { type Atom, atom } from '@tldraw/state';
import type { Editor, TLShape, TLShapeId } from 'tldraw';
import { draftingOf } from './drafting.ts';
import type { XrayShape } from './schema.ts';

/** The tooth whose marks stand out; FDI. Tracked. */
const chosen = new WeakMap<Editor, Atom<string | null>>();

export function chosenTooth(editor: Editor): Atom<string | null> {
  let found = chosen.get(editor);
  if (!found) {
    found = atom<string | null>('chosen tooth', null);
    chosen.set(editor, found);
  }
  return found;
}

const evidence: ReadonlySet<string> = new Set(['xray', 'odontogram']);

/** [BD-19] A mark is tied to a tooth by its own word, or by lying on an image of that tooth alone. */
export function marksOfTooth(editor: Editor, tooth: string): TLShape[] {
  return editor.getCurrentPageShapes().filter((shape) => {
    if (evidence.has(shape.type)) return false;
    const props = shape.props as { tooth?: unknown };
    if (props.tooth === tooth || shape.meta['tooth'] === tooth) return true;
    if (props.tooth) return false;
    return teethOfImage(editor, shape).join() === tooth;
  });
}

function teethOfImage(editor: Editor, shape: TLShape): readonly string[] {
  const image = editor.getShapeAncestors(shape).find(({ type }) => type === 'xray');
  return image ? (image as XrayShape).props.teeth : [];
}

/** What is not of the chosen tooth stands back; drafts look like drafts. As CSS, so that nothing is drawn anew. */
export function markStyles(editor: Editor): string {
  const drafts = [...draftingOf(editor.store).ids.get()];
  const tooth = chosenTooth(editor).get();
  const styles: string[] = [];
  if (drafts.length)
    styles.push(
      `${selectorOf(drafts)} { outline: calc(1.5px / var(--tl-zoom)) dashed #f59e0b; outline-offset: calc(4px / var(--tl-zoom)); }`
    );
  if (tooth !== null) {
    const bright = new Set(marksOfTooth(editor, tooth).map(({ id }) => id));
    const others = editor
      .getCurrentPageShapes()
      .filter((shape) => !evidence.has(shape.type) && !bright.has(shape.id))
      .map(({ id }) => id);
    if (others.length) styles.push(`${selectorOf(others)} { opacity: 0.12 !important; }`);
  }
  return styles.join('\n');
}

function selectorOf(ids: readonly TLShapeId[]): string {
  return ids.map((id) => `.tl-shape[data-shape-id=${JSON.stringify(id)}]`).join(', ');
}
