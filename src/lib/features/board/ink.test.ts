import { describe, expect, it } from 'vitest';
import { type InkSegment, applyInk, inkChunk } from './ink.ts';

const free = (...xs: number[]): InkSegment => ({
  type: 'free',
  points: xs.map((x) => ({ x, y: -x / 2, z: 0.5 }))
});

/** What the other side has after each step was sent. */
function replay(steps: InkSegment[][]): unknown {
  const [first, ...rest] = steps as [InkSegment[], ...InkSegment[][]];
  let before = first;
  let seen: unknown = first;
  for (const step of rest) {
    seen = applyInk(seen, inkChunk(before, step));
    before = step;
  }
  return seen;
}

describe('a stroke in pieces', () => {
  it('[BI-5] comes together again: points added, the last one moved, a straight part, a free part', () => {
    const straight: InkSegment = {
      type: 'straight',
      points: [
        { x: 3, y: 1, z: 0.5 },
        { x: 300.25, y: -12.5, z: 0.63 }
      ]
    };
    const steps = [
      [free(0)],
      [free(0, 2)],
      [free(0, 2, 4, 6)],
      [free(0, 2, 4, 7)],
      [free(0, 2, 4, 7), straight],
      [free(0, 2, 4, 7), { ...straight, points: [straight.points[0]!, { x: 4, y: 4, z: 1 }] }]
    ];
    expect(replay(steps)).toEqual(steps.at(-1));
  });

  it('[BI-5] is nothing where nothing was added', () => {
    expect(inkChunk([free(0, 1)], [free(0, 1)])).toBeNull();
  });

  it('[BI-5] costs a few bytes a point', () => {
    const points = Array.from({ length: 100 }, (_, i) => i * 3.3);
    expect(inkChunk([free(...points)], [free(...points, 340, 343.3, 346.6)])!.byteLength).toBeLessThan(30);
  });

  it.each([
    ['cut off', new Uint8Array([0, 0, 1, 200])],
    ['that starts behind the end', new Uint8Array([0, 0, 50, 0])],
    ['of a segment far away', new Uint8Array([9, 0, 0, 0])],
    ['that is no bytes', 'ink']
  ])('[BI-4] leaves the stroke as it is for a piece %s', (_what, chunk) => {
    const segments = [free(0, 1)];
    expect(applyInk(segments, chunk)).toEqual(segments);
  });
});
