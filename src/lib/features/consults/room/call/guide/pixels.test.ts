import { expect, test } from 'vitest';
import { lumaOf, meanOf, sharpnessOf } from './pixels.ts';

function picture(width: number, height: number, grey: (x: number, y: number) => number): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++)
    rgba.fill(grey(i % width, Math.floor(i / width)), 4 * i, 4 * i + 3);
  return rgba;
}

test('[CALL-41] light is the mean, sharpness falls with blur and is nothing on a wall', () => {
  const edge = (softness: number) => picture(32, 16, (x) => 255 / (1 + Math.exp(-(x - 16) / softness)));
  const [sharp, soft] = [0.2, 3].map((softness) => sharpnessOf(lumaOf(edge(softness)), 32));
  expect(sharp!).toBeGreaterThan(20 * soft!);
  const wall = lumaOf(picture(32, 16, () => 80));
  expect(meanOf(wall)).toBeCloseTo(80, 3);
  expect(sharpnessOf(wall, 32)).toBeCloseTo(0, 3);
});
