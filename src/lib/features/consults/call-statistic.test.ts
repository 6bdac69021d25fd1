import * as v from 'valibot';
import { expect, test } from 'vitest';
import { percentile, roundedMinutes } from './call-statistic.ts';
import { callStatisticInput } from './call-statistic-input.ts';
import { visitStep } from './schema.ts';

const told = {
  ...{ id: 'b3b1a0de-6f0f-4c52-9b5c-0d6a3e6c2f11', seconds: 60, seatMs: 90, lineMs: 0, pictureMs: null },
  ...{ way: 'udp', roundTripMs: 20, roundTripP95Ms: 40, lossIn: 0, lossOut: 1, kbpsIn: 400, kbpsOut: null },
  ...{ freezes: 0, frozen: 0, concealed: 0, fps: 25, height: 720, rebuilds: 0 },
  ...{ device: 'phone', browser: 'WeChat', browserVersion: 8, system: 'HarmonyOS' }
};

test('[CN-60] minutes are told by steps', () => {
  const minutes = [0, 59, 100, 200, 720, 1_050, 7_000, 80_000].map(roundedMinutes);
  expect(minutes).toEqual([1, 1, 2, 2, 10, 15, 120, 120]);
});

test('[CN-63] percentiles are values that occurred', () => {
  expect(percentile([], 0.5)).toBeNull();
  expect(percentile([7], 0.95)).toBe(7);
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2);
  expect(
    percentile(
      Array.from({ length: 100 }, (_, i) => i + 1),
      0.95
    )
  ).toBe(95);
});

test('[CN-61] takes figures in their bounds, and nothing else', () => {
  const takes = (more: object) => v.safeParse(callStatisticInput, { ...told, ...more }).success;
  expect(takes({})).toBe(true);
  for (const wrong of [
    { id: '019a9e0a-6f0f-7c52-9b5c-0d6a3e6c2f11' },
    { id: 'x' },
    { seconds: -1 },
    { seconds: 90_000 },
    { seatMs: 1.5 },
    { lossIn: 1.01 },
    { frozen: Number.NaN },
    { kbpsIn: Infinity },
    { way: 'quic' },
    { browser: 'Mozilla/5.0' },
    { device: null },
    { userAgent: 'Mozilla/5.0' },
    { name: '王秀英' }
  ])
    expect([wrong, takes(wrong)]).toEqual([wrong, false]);
});

test('[CN-61] a patient’s page tells the same, as one of its steps', () => {
  expect(v.parse(visitStep, { step: 'statistic', ...told, name: '王秀英' })).toEqual({
    ...{ step: 'statistic', ...told }
  });
  expect(v.safeParse(visitStep, { step: 'statistic', ...told, frozen: 2 }).success).toBe(false);
});
