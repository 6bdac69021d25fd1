import { beforeEach, expect, it, vi } from 'vitest';
import { dropAllDrafts, dropDraft, readDraft, writeDraft } from './drafts.ts';

const isText = (value: unknown): value is string => typeof value === 'string';

beforeEach(() => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem(this: Record<string, unknown>, key: string, value: string) {
      kept.set(key, value);
      this[key] = value;
    },
    removeItem(this: Record<string, unknown>, key: string) {
      kept.delete(key);
      delete this[key];
    }
  };
  vi.stubGlobal('localStorage', storage);
});

it('gives back what was typed, until it is sent or a week old', () => {
  expect(writeDraft('u1.consult.p1', '疼三天', 1_000)).toBe(true);
  expect(readDraft('u1.consult.p1', isText, 2_000)).toBe('疼三天');
  expect(readDraft('u1.consult.p1', isText, 1_000 + 8 * 86_400_000)).toBeNull();
  dropDraft('u1.consult.p1');
  expect(readDraft('u1.consult.p1', isText, 2_000)).toBeNull();
});

it('refuses a draft of another shape', () => {
  writeDraft('k', { old: true });
  expect(readDraft('k', isText)).toBeNull();
});

it('works without storage, and says so', () => {
  vi.stubGlobal('localStorage', undefined);
  expect(writeDraft('k', 'x')).toBe(false);
  expect(readDraft('k', isText)).toBeNull();
});

it('forgets everything on sign-out', () => {
  writeDraft('a', 'x');
  writeDraft('b', 'y');
  dropAllDrafts();
  expect(readDraft('a', isText)).toBeNull();
  expect(readDraft('b', isText)).toBeNull();
});
