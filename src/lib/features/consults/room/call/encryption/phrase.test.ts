import { expect, test } from 'vitest';
import { phraseOf } from './phrase.ts';

const key = 'q0v3c2tTbm9fQ0Rrb3dzX3NlY3JldF9vZl8zMl9ieXQ';

test('[CALL-71] both sides read the same numbers, whoever came first', async () => {
  const phrase = await phraseOf(key, ['m:li', 'p:wang']);
  expect(phrase).toHaveLength(4);
  for (const group of phrase) expect(group).toMatch(/^\d{4}$/);
  expect(await phraseOf(key, ['p:wang', 'm:li'])).toEqual(phrase);
});

test('[CALL-71] another key or another person is another phrase', async () => {
  const phrases = await Promise.all([
    phraseOf(key, ['m:li', 'p:wang']),
    phraseOf(key.replace('q', 'r'), ['m:li', 'p:wang']),
    phraseOf(key, ['m:li', 'p:wang', 'm:unseen']),
    phraseOf(key, ['m:li', 'p:wan', 'g'])
  ]);
  expect(new Set(phrases.map(String)).size).toBe(4);
});
