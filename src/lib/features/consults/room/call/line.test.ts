import { describe, expect, it } from 'vitest';
import { lineRate, lineVerdict, type LineMeasure } from './line.ts';

const fine: LineMeasure = {
  way: 'udp',
  ways: { udp: true, tcp: true, relay: null },
  upKbps: 1_200,
  downKbps: 1_200,
  upLoss: 0,
  downLoss: 0.01,
  jitterMs: 8,
  roundTripMs: 40
};

describe('[CALL-11] the line in words', () => {
  it.each([
    [{}, { kind: 'good' }],
    [{ roundTripMs: null }, { kind: 'good' }],
    [{ way: 'relay' }, { kind: 'good' }],
    [{ way: 'tcp' }, { kind: 'fair', reasons: ['tcp'] }],
    [
      { upKbps: 400, downKbps: 390 },
      { kind: 'fair', reasons: ['up'] }
    ],
    [
      { downLoss: 0.08, jitterMs: 90 },
      { kind: 'fair', reasons: ['loss', 'jitter'] }
    ],
    [{ roundTripMs: 500 }, { kind: 'fair', reasons: ['delay'] }],
    [
      { upKbps: 90, downKbps: 88 },
      { kind: 'voice', reasons: ['up'] }
    ],
    [{ upLoss: 0.2 }, { kind: 'voice', reasons: ['loss'] }],
    [{ downKbps: 20 }, { kind: 'none', reasons: ['down'] }],
    [
      { upLoss: 0.5, upKbps: 10 },
      { kind: 'none', reasons: ['up', 'loss'] }
    ]
  ] as const)('[CALL-11] %o is %o', (change, wanted) =>
    expect(lineVerdict({ ...fine, ...change } as LineMeasure)).toEqual(wanted)
  );
});

describe('[CALL-11] rates from readings', () => {
  const sample = (atMs: number, bytes: number, packets: number, lost: number) => ({
    ...{ atMs, bytes, packets, lost },
    ...{ jitterMs: 4, roundTripMs: 50 }
  });
  it('[CALL-11] leaves out the beginning, and counts what was lost since', () => {
    const samples = [sample(0, 0, 0, 40), sample(1_500, 10_000, 100, 50), sample(3_500, 260_000, 280, 70)];
    expect(lineRate(samples)).toEqual({ kbps: 1_000, loss: 0.1, jitterMs: 4, roundTripMs: 50 });
  });
  it('[CALL-11] nothing came: nothing', () => {
    expect(lineRate([])).toEqual({ kbps: 0, loss: 0, jitterMs: 0, roundTripMs: null });
    expect(lineRate([sample(0, 0, 0, 0)])).toMatchObject({ kbps: 0, loss: 0 });
  });
});
