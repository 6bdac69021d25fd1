/**
 * Keeps what was typed while it is not yet sent: in this browser, under a key that names the user and the thing, so that
 * two people at one PC never see each other's. Old drafts go after a week.
 */
const prefix = 'consilium.draft.';
const keepMs = 7 * 86_400_000;

interface Stored {
  at: number;
  value: unknown;
}

function store(): Storage | null {
  // Private windows and locked-down PCs throw on access; the form then works without drafts.
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** Reads a draft, or null when there is none, it is too old, or `check` refuses its shape. */
export function readDraft<T>(
  key: string,
  check: (value: unknown) => value is T,
  nowMs = Date.now()
): T | null {
  const raw = store()?.getItem(prefix + key);
  if (!raw) return null;
  try {
    const { at, value } = JSON.parse(raw) as Stored;
    return nowMs - at < keepMs && check(value) ? value : null;
  } catch {
    // A draft of another version that cannot be read any more is no draft.
    return null;
  }
}

/** Writes a draft. False when the browser has no room or allows no storage: then say "not saved". */
export function writeDraft(key: string, value: unknown, nowMs = Date.now()): boolean {
  try {
    const kept = store();
    kept?.setItem(prefix + key, JSON.stringify({ at: nowMs, value } satisfies Stored));
    return kept !== null;
  } catch {
    return false;
  }
}

export function dropDraft(key: string): void {
  store()?.removeItem(prefix + key);
}

/** Removes every draft: on sign-out from a shared PC. */
export function dropAllDrafts(): void {
  const kept = store();
  if (!kept) return;
  for (const key of Object.keys(kept)) if (key.startsWith(prefix)) kept.removeItem(key);
}
