import { expect, it } from 'vitest';
import { csvCell } from './csv.ts';

it('[AU-11] [BD-12] no cell of the export is a formula', () => {
  const attacks = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =cmd|x', '\uff1d1', '\n=1'];
  for (const attack of attacks) expect(csvCell(attack).replace(/^"/, '')).toMatch(/^'/);
  expect(csvCell(-5)).toBe('-5');
  expect(csvCell('王"秀",英')).toBe('"王""秀"",英"');
  expect(csvCell(null)).toBe('');
});
