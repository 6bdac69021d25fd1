import { expect, test } from 'vitest';
import {
  egressSpans,
  fittedSpans,
  listed,
  momentAt,
  partsOf,
  placeOf,
  rangeOf,
  runningOf,
  spansUntil,
  withoutGap
} from './recording.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 1, 8, 0, seconds));
const span = (from: number, to: number | null) => ({
  from: at(from).toISOString(),
  to: to === null ? null : at(to).toISOString()
});

test('[RC-15] a start that was refused is no recording in a list, whatever has become of its row', () => {
  const rows = [
    { state: 'recording', end: null },
    { state: 'ended', end: 'refused' },
    { state: 'empty', end: 'refused' },
    { state: 'empty', end: 'lost' },
    { state: 'ready', end: 'stopped' }
  ] as const;
  expect(listed(rows)).toEqual([rows[0], rows[3], rows[4]]);
});

test('[RC-5] pieces are put in order, once each, up to the first gap', () => {
  const of = (...numbers: number[]) => numbers.map((number) => ({ number }));
  expect(withoutGap(of(2, 0, 1))).toEqual(of(0, 1, 2));
  expect(withoutGap(of(0, 1, 3, 4))).toEqual(of(0, 1));
  expect(withoutGap(of(1, 2))).toEqual([]);
  expect(withoutGap([])).toEqual([]);
});

test('[RC-9] a Range header as RFC 9110 has it', () => {
  expect(rangeOf(null, 100)).toBeNull();
  expect(rangeOf('bytes=0-', 100)).toEqual({ from: 0, to: 99 });
  expect(rangeOf('bytes=10-19', 100)).toEqual({ from: 10, to: 19 });
  expect(rangeOf('Bytes=90-1000', 100)).toEqual({ from: 90, to: 99 });
  expect(rangeOf('bytes=-30', 100)).toEqual({ from: 70, to: 99 });
  expect(rangeOf('bytes=-300', 100)).toEqual({ from: 0, to: 99 });
  expect(rangeOf('bytes=100-', 100)).toBe('unsatisfiable');
  expect(rangeOf('bytes=-0', 100)).toBe('unsatisfiable');
  expect(rangeOf('bytes=0-', 0)).toBe('unsatisfiable');
  // Not heard: several, backwards, other units, nonsense.
  for (const header of ['bytes=0-1,4-5', 'bytes=20-10', 'items=0-1', 'bytes=-', 'bytes=a-b', ''])
    expect(rangeOf(header, 100)).toBeNull();
});

test('[RC-9] a range is cut out of the parts that hold it', () => {
  const sizes = [10, 0, 5, 20];
  expect(partsOf(sizes, { from: 0, to: 34 })).toEqual([
    { part: 0, skip: 0, take: 10 },
    { part: 2, skip: 0, take: 5 },
    { part: 3, skip: 0, take: 20 }
  ]);
  expect(partsOf(sizes, { from: 9, to: 10 })).toEqual([
    { part: 0, skip: 9, take: 1 },
    { part: 2, skip: 0, take: 1 }
  ]);
  expect(partsOf(sizes, { from: 20, to: 20 })).toEqual([{ part: 3, skip: 5, take: 1 }]);
});

test('[RC-11] a moment of the room has its place in the recording, and back, over pauses', () => {
  const spans = [span(10, 20), span(50, null)];
  expect(placeOf(spans, at(9))).toBeNull();
  expect(placeOf(spans, at(10))).toBe(0);
  expect(placeOf(spans, at(15))).toBe(5_000);
  expect(placeOf(spans, at(30))).toBe(10_000);
  expect(placeOf(spans, at(52))).toBe(12_000);
  const ended = spansUntil(spans, at(60));
  expect(ended).toEqual([span(10, 20), span(50, 60)]);
  expect(placeOf(ended, at(61))).toBeNull();
  expect(placeOf([], at(1))).toBeNull();
  expect(momentAt(ended, 5_000)).toEqual(at(15));
  expect(momentAt(ended, 12_000)).toEqual(at(52));
  expect(momentAt(ended, 99_000)).toEqual(at(60));
  expect(momentAt([], 0)).toBeNull();
});

test('[RC-11] moments lie where the pieces say, not where the recorder was asked to begin', () => {
  const spans = [span(10, 20), span(50, 60)];
  // It began a second late each time, and its last two seconds are missing.
  const taken = [14, 17, 20, 55, 58].map((second, i) => ({
    at: at(second).getTime(),
    ms: [3_000, 6_000, 9_000, 13_000, 16_000][i]!
  }));
  const fitted = fittedSpans(spans, taken);
  expect(fitted).toEqual([span(11, 20), span(51, 58)]);
  expect(placeOf(fitted, at(52))).toBe(10_000);
  expect(fittedSpans([span(10, 20)], [])).toEqual([span(10, 10)]);
});

test('[RC-2] at most one of a consult’s recordings is being made', () => {
  expect(runningOf([{ state: 'ready' }, { state: 'paused' }])).toEqual({ state: 'paused' });
  expect(runningOf([{ state: 'ready' }, { state: 'ended' }, { state: 'empty' }])).toBeNull();
});

test('[RC-17] of the media server only how long it recorded is believed: it ends when nothing more was taken', () => {
  const [startedAt, stoppedAt] = [new Date('2026-05-04T08:00:00.000Z'), new Date('2026-05-04T08:10:00.500Z')];
  expect(egressSpans({ startedAt, stoppedAt }, 594_500)).toEqual([
    { from: '2026-05-04T08:00:06.000Z', to: '2026-05-04T08:10:00.500Z' }
  ]);
  // A clock that runs fast, and one that says nothing.
  expect(egressSpans({ startedAt, stoppedAt }, 700_000)[0]!.from).toBe(startedAt.toISOString());
  expect(egressSpans({ startedAt, stoppedAt }, null)[0]!.from).toBe(stoppedAt.toISOString());
});
