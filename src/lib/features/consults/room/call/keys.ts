/** Where the focus is: `text` types, `board` has keys of its own, `control` is pressed by Space. */
export type KeyPlace = 'text' | 'board' | 'control' | 'page';
export type CallCommand = 'mic' | 'camera' | 'screen' | 'hand' | 'away' | 'layout' | 'chat' | 'talk' | 'list';

export interface CallKey {
  code: string;
  key: string;
  alt: boolean;
  /** Ctrl or Cmd. */
  ctrl: boolean;
}

const letters: Readonly<Record<string, Exclude<CallCommand, 'talk' | 'list'>>> = {
  KeyM: 'mic',
  KeyV: 'camera',
  KeyS: 'screen',
  KeyH: 'hand',
  KeyB: 'away',
  KeyL: 'layout',
  KeyC: 'chat'
};

/** The list of keys, as it is shown. */
export const callKeys: readonly { command: CallCommand; keys: string }[] = [
  { command: 'mic', keys: 'M' },
  { command: 'talk', keys: 'Space' },
  { command: 'camera', keys: 'V' },
  { command: 'screen', keys: 'S' },
  { command: 'hand', keys: 'H' },
  { command: 'away', keys: 'B' },
  { command: 'layout', keys: 'L' },
  { command: 'chat', keys: 'C' },
  { command: 'list', keys: '?' }
];

/**
 * [CALL-31] What a key asks of the call; null: nothing of ours. With Alt anywhere but in text; the letter alone where
 * neither text nor the board wants it; Space, held, where it presses nothing.
 */
export function callCommandOf({ code, key, alt, ctrl }: CallKey, place: KeyPlace): CallCommand | null {
  if (ctrl || place === 'text') return null;
  if (alt) return letters[code] ?? null;
  if (place === 'board') return null;
  if (code === 'Space') return place === 'page' ? 'talk' : null;
  return key === '?' ? 'list' : (letters[code] ?? null);
}

/** @param element what has the focus */
export function keyPlaceOf(element: EventTarget | null): KeyPlace {
  if (!(element instanceof HTMLElement)) return 'page';
  if (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) return 'text';
  if (element.closest('[data-board-ready]')) return 'board';
  const presses =
    'button, a, summary, [role=tab], [role=menu], [role=menuitem], [role=dialog], [tabindex="0"]';
  return element.closest(presses) ? 'control' : 'page';
}
