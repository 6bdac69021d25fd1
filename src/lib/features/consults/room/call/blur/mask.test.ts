import { expect, test } from 'vitest';
import { alphaOf, blurPause } from './mask.ts';

test('[CALL-44] the person is opaque, the background is not, and the edge fades', () => {
  const rgba = alphaOf(new Float32Array([0, 0.35, 0.5, 0.65, 1]));
  expect([3, 7, 11, 15, 19].map((i) => rgba[i])).toEqual([0, 0, 128, 255, 255]);
});

test('[CALL-44] a slow device gets fewer pictures, one that cannot gets its plain camera back', () => {
  expect(blurPause([15, 15, 15])).toBe(50);
  expect(blurPause([80, 80, 80])).toBeCloseTo(149, 0);
  expect(blurPause([150, 150, 150])).toBe(200);
  expect(blurPause(Array<number>(7).fill(400))).toBe(200);
  expect(blurPause(Array<number>(8).fill(400))).toBeNull();
});
