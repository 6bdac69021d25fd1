import { expect, test } from 'vitest';
import { createStatementNames } from './statement-names.ts';

test('a statement gets a name the third time it comes, and keeps it', () => {
  const { nameOf } = createStatementNames();
  const text = 'select 1 where $1';
  expect([nameOf(text), nameOf(text)]).toEqual([undefined, undefined]);
  const name = nameOf(text);
  expect(name).toMatch(/^.{32}$/);
  expect(nameOf(text)).toBe(name);
  expect(createStatementNames().nameOf(text)).toBeUndefined();
});

test('texts that come once each are forgotten and cost no plan', () => {
  const { nameOf } = createStatementNames();
  nameOf('first');
  nameOf('first');
  for (let i = 0; i < 1_000; i++) nameOf(`select ${i}`);
  expect(nameOf('first')).toBeUndefined();
});

test('no more than 400 names', () => {
  const { nameOf } = createStatementNames();
  const names = new Set<string>();
  for (let i = 0; i < 500; i++) for (let n = 0; n < 3; n++) names.add(nameOf(`select ${i}`) ?? '');
  names.delete('');
  expect(names.size).toBe(400);
});
