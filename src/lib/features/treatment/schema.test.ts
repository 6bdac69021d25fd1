import * as v from 'valibot';
import { expect, it } from 'vitest';
import { itemStatusInput } from './schema.ts';

const itemId = '00000000-0000-7000-8000-000000000001';

it.each([
  [{ status: 'cancelled' }, false],
  [{ status: 'cancelled', reason: '   ' }, false],
  [{ status: 'cancelled', reason: '患者选择拔除' }, true],
  [{ status: 'done' }, true],
  [{ status: 'in-progress', visitsDone: 2 }, true],
  [{ status: 'in-progress', visitsDone: -1 }, false],
  [{ status: 'gone' }, false],
  [{ status: 'cancelled', reason: 'x'.repeat(201) }, false]
])('[TP-12] takes %j: %s', (input, fine) => {
  expect(v.safeParse(itemStatusInput, { itemId, ...input }).success).toBe(fine);
});
