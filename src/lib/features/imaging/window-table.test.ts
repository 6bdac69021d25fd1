import { describe, expect, test } from 'vitest';
import { windowInto } from './resample.ts';
import { inSteps, isFineEnough, windowByTable } from './window-table.ts';

/** Averages of a 12-bit picture, and places outside it. */
const values = Float32Array.from({ length: 20_000 }, (_, i) =>
  i % 97 === 0 ? Number.NaN : ((i * 7_919) % 65_521) / 16 - 20
);
const grey = (word: number) => word & 0xff;

describe('[IM-8] a window by a table', () => {
  test.each([
    { center: 2_048, width: 4_096, invert: false },
    { center: 900.5, width: 333, invert: true },
    { center: 1_200, width: 40, invert: false }
  ])('shows every value within one level of what it is without: %o', ({ invert, ...window }) => {
    const stepped = inSteps(values);
    expect(isFineEnough(stepped, window)).toBe(true);
    const [plain, byTable] = [new Uint32Array(values.length), new Uint32Array(values.length)];
    windowInto(plain, values, { window, invert });
    windowByTable(byTable, stepped, { window, invert });
    const off = plain.map((word, i) => Math.abs(grey(word) - grey(byTable[i]!)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
    expect(off.filter((by) => by > 0).length).toBeLessThan(values.length / 10);
    expect(byTable.filter((word) => word === 0).length).toBe(values.filter(Number.isNaN).length);
  });

  test('is not used where its steps could be seen', () => {
    expect(isFineEnough(inSteps(values), { center: 900, width: 4 })).toBe(false);
    expect(isFineEnough(inSteps(values), { center: 900, width: 1 })).toBe(false);
  });

  test('a picture of one value', () => {
    const stepped = inSteps(new Float32Array(3).fill(700));
    expect([...stepped.at]).toEqual([0, 0, 0]);
    expect(stepped.levels[0]).toBe(700);
  });
});
