import { expect, test } from 'vitest';
import { callCommandOf, callKeys, type CallKey, type KeyPlace } from './keys.ts';

const press = (code: string, place: KeyPlace, more: Partial<CallKey> = {}) =>
  callCommandOf(
    { code, key: code.replace('Key', '').toLowerCase(), alt: false, ctrl: false, ...more },
    place
  );

test('[CALL-31] keys act where nobody types and the board does not want them; with Alt on the board too', () => {
  expect(press('KeyM', 'page')).toBe('mic');
  expect(press('KeyM', 'control')).toBe('mic');
  expect(press('KeyM', 'board')).toBeNull();
  expect(press('KeyM', 'board', { alt: true })).toBe('mic');
  for (const code of ['KeyM', 'Space', 'KeyH']) {
    expect(press(code, 'text')).toBeNull();
    expect(press(code, 'text', { alt: true })).toBeNull();
    expect(press(code, 'page', { ctrl: true })).toBeNull();
  }
  expect(press('KeyX', 'page')).toBeNull();
});

test('[CALL-31] Space talks only where it presses nothing and the board does not pan', () => {
  expect(press('Space', 'page')).toBe('talk');
  for (const place of ['control', 'board', 'text'] as const) expect(press('Space', place)).toBeNull();
});

test('[CALL-31] each key of the list does what it says', () => {
  for (const { command, keys } of callKeys) {
    const code = keys === 'Space' ? 'Space' : `Key${keys}`;
    expect(press(code, 'page', keys === '?' ? { code: 'Slash', key: '?' } : {})).toBe(command);
  }
});
