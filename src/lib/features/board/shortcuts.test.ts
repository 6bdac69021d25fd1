import { describe, expect, it } from 'vitest';
import { commandOf, toolKeys } from './shortcuts.ts';

const press = (key: string, held: Partial<{ ctrl: boolean; shift: boolean; alt: boolean }> = {}) =>
  commandOf({ key, ctrl: false, shift: false, alt: false, ...held });

describe('keys on the board', () => {
  it('has one key for each tool and none twice', () => {
    const keys = Object.values(toolKeys);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [tool, key] of Object.entries(toolKeys))
      expect(press(key.toLowerCase())).toEqual({ kind: 'tool', tool });
  });

  it('undoes and redoes as everywhere', () => {
    expect(press('z', { ctrl: true })).toEqual({ kind: 'undo' });
    expect(press('Z', { ctrl: true, shift: true })).toEqual({ kind: 'redo' });
    expect(press('y', { ctrl: true })).toEqual({ kind: 'redo' });
  });

  it("leaves the browser's and the app's own keys alone", () => {
    expect(press('k', { ctrl: true })).toBeNull();
    expect(press('d', { alt: true })).toBeNull();
    expect(press('ArrowLeft')).toBeNull();
  });
});
