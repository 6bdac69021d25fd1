/**
 * What was being typed when a session ended, kept in this tab for the same person: they find it again after they
 * have signed in, on the same page, as soon as the fields are there. Passwords, codes and files are never kept.
 */
const key = 'consilium.kept';
const keepMs = 12 * 3_600_000;

interface Kept {
  userId: string;
  path: string;
  atMs: number;
  /** By `fieldName`. */
  fields: Record<string, string | boolean>;
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
const never = new Set(['password', 'hidden', 'file', 'submit', 'button', 'reset', 'image']);

function fieldsOf(root: ParentNode): Field[] {
  return [...root.querySelectorAll<Field>('input, textarea, select')].filter(
    (field) =>
      !(field instanceof HTMLInputElement && never.has(field.type)) && field.autocomplete !== 'one-time-code'
  );
}

/** The same for the same field of the same page: its name or label, counted where several share one. */
function named(fields: Field[]): Map<string, Field> {
  const seen = new Map<string, number>();
  return new Map(
    fields.map((field) => {
      const own =
        field.name || field.getAttribute('aria-label') || field.labels?.[0]?.textContent?.trim() || '';
      const name = `${field.tagName}:${field.type}:${own}`;
      const nth = (seen.get(name) ?? 0) + 1;
      seen.set(name, nth);
      return [`${name}:${nth}`, field];
    })
  );
}

const isTicked = (field: Field): field is HTMLInputElement =>
  field instanceof HTMLInputElement && (field.type === 'checkbox' || field.type === 'radio');

/** What a person typed into; a field the page filled by itself is the page's to fill again. */
const typed = new WeakSet<EventTarget>();

/** Notice what is typed on this page; returns what ends it. */
export function noticeTyping(): () => void {
  const onInput = (event: Event) => {
    if (event.target) typed.add(event.target);
  };
  document.addEventListener('input', onInput, { capture: true });
  return () => document.removeEventListener('input', onInput, { capture: true });
}

/** Keep what was typed on this page. True where there was something. */
export function keepForm(userId: string, path: string, root: ParentNode = document): boolean {
  const fields: Kept['fields'] = {};
  for (const [name, field] of named(fieldsOf(root)))
    if (typed.has(field)) fields[name] = isTicked(field) ? field.checked : field.value;
  if (Object.keys(fields).length === 0) return false;
  try {
    sessionStorage.setItem(key, JSON.stringify({ userId, path, atMs: Date.now(), fields } satisfies Kept));
    return true;
  } catch {
    // Storage that is full or forbidden keeps nothing; the session ends all the same.
    return false;
  }
}

function read(): Kept | null {
  try {
    const raw = sessionStorage.getItem(key);
    return raw ? (JSON.parse(raw) as Kept) : null;
  } catch {
    // Unreadable is as good as nothing.
    return null;
  }
}

/**
 * Give back what was kept for this person on this page; for anybody else it is removed. Fields that are not there
 * yet (a closed dialog) are filled when they come. Returns what stops waiting for them.
 */
export function restoreForm(
  options: { userId: string; path: string; nowMs: number; onrestored: () => void },
  root: HTMLElement = document.body
): () => void {
  const kept = read();
  if (!kept) return () => {};
  if (kept.userId !== options.userId || options.nowMs - kept.atMs > keepMs) {
    sessionStorage.removeItem(key);
    return () => {};
  }
  if (kept.path !== options.path) return () => {};
  const left = new Map(Object.entries(kept.fields));
  let told = false;
  const fill = () => {
    const here = named(fieldsOf(root));
    for (const [name, value] of left) {
      const field = here.get(name);
      if (!field) continue;
      left.delete(name);
      put(field, value);
      if (!told) options.onrestored();
      told = true;
    }
    if (left.size > 0) return;
    sessionStorage.removeItem(key);
    observer.disconnect();
  };
  const observer = new MutationObserver(fill);
  observer.observe(root, { childList: true, subtree: true });
  fill();
  return () => observer.disconnect();
}

/** As if it had been typed: whatever listens hears of it. */
function put(field: Field, value: string | boolean): void {
  if (isTicked(field)) field.checked = value === true;
  else field.value = String(value);
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
}
