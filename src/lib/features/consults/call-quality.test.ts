import { expect, test } from 'vitest';
import { mondayOf, qualityFigures, qualityGroups, type QualityRow } from './call-quality.ts';

const row = (more: Partial<QualityRow> = {}): QualityRow => ({
  ...{ day: '2026-03-04', seat: 'staff', minutes: 10, seatMs: 100, lineMs: 50, pictureMs: 250, way: 'udp' },
  ...{ roundTripMs: 20, roundTripP95Ms: 40, lossIn: 0, lossOut: 0, kbpsIn: 900, kbpsOut: 700 },
  ...{ freezes: 0, frozen: 0, concealed: 0, fps: 25, height: 720, rebuilds: 0 },
  ...{ device: 'computer', browser: 'Chrome', browserVersion: 156, system: 'Windows', ...more }
});
const times = (count: number, more: Partial<QualityRow> = {}) =>
  Array.from({ length: count }, () => row(more));
const counts = (rows: QualityRow[], by: Parameters<typeof qualityGroups>[1]) =>
  qualityGroups(rows, by).map(({ key, stays }) => [key, stays]);

test('[CN-63] figures of several stays: percentiles of joining, shares by time', () => {
  const figures = qualityFigures([
    row({ minutes: 30, frozen: 0.04, lossIn: 0.1, lossOut: 0.02 }),
    row({ minutes: 10, frozen: 0, pictureMs: 1_850, way: 'tcp' }),
    row({ minutes: 20, frozen: null, pictureMs: null, way: 'relay', concealed: null }),
    row({ minutes: 1, way: null, seatMs: 0, lineMs: 0, pictureMs: 300, roundTripMs: 90, roundTripP95Ms: 200 })
  ]);
  expect(figures).toMatchObject({
    ...{ stays: 4, joinMs: 400, joinP95Ms: 2_000, roundTripMs: 20, roundTripP95Ms: 200 }
  });
  expect(figures.joinSoon).toBeCloseTo(2 / 3);
  expect(figures.detour).toBeCloseTo(2 / 3);
  expect(figures.frozen).toBeCloseTo((0.04 * 30) / 41);
  expect(figures.loss).toBeCloseTo((0.1 * 30) / 61);
  expect(qualityFigures([])).toMatchObject({
    stays: 0,
    joinMs: null,
    joinSoon: null,
    frozen: null,
    detour: null
  });
});

test('[CN-63] groups of fewer than five stays are told together, and never so that one can be reckoned out', () => {
  expect(counts([...times(7), ...times(5, { device: 'phone' })], 'device')).toEqual([
    ['computer', 7],
    ['phone', 5]
  ]);
  const few = [...times(7), ...times(3, { device: 'phone' }), ...times(2, { device: 'tablet' })];
  expect(counts(few, 'device')).toEqual([
    ['computer', 7],
    [null, 5]
  ]);
  // One alone among the others would be the whole less the rest: the smallest group joins it.
  const one = [...times(9), ...times(6, { device: 'phone' }), row({ device: 'tablet' })];
  expect(counts(one, 'device')).toEqual([
    ['computer', 9],
    [null, 7]
  ]);
  expect(counts(times(4), 'device')).toEqual([[null, 4]]);
  expect(counts([], 'week')).toEqual([]);
});

test('[CN-63] weeks begin on Monday, the newest first; browsers with their version', () => {
  expect(['2026-03-01', '2026-03-02', '2026-03-08'].map(mondayOf)).toEqual([
    ...['2026-02-23', '2026-03-02', '2026-03-02']
  ]);
  expect(
    counts([...times(5), ...times(8, { day: '2026-02-20' }), ...times(6, { day: '2026-03-10' })], 'week')
  ).toEqual([
    ['2026-03-09', 6],
    ['2026-03-02', 5],
    ['2026-02-16', 8]
  ]);
  expect(counts([...times(5), ...times(6, { browser: 'other', browserVersion: null })], 'browser')).toEqual([
    ['other', 6],
    ['Chrome 156', 5]
  ]);
});
