import { describe, expect, it } from 'vitest';
import type { GreyFrame } from './frame.ts';
import { greyHeader } from './frame-header.ts';
import { noSpacing, type ImageInfo } from './image.ts';
import type { Plan } from './painter.ts';
import { planDrawing, type DrawOptions } from './renderer.ts';
import { resample, tapsFor } from './resample.ts';
import { fitView, type Rotation } from './view-transform.ts';

const [columns, rows] = [37, 23];
const rescale = { slope: 2, intercept: -100 };

/** A picture in which no two neighbours are alike. */
const frame: GreyFrame = (() => {
  const pixels = Uint16Array.from({ length: rows * columns }, (_, i) => (i * 7_919) % 4_096);
  const info = { rows, columns, signed: false, bitsStored: 12, photometric: 'MONOCHROME2' } as const;
  const facts = { kind: 'other', rescale, pixelSpacing: noSpacing, laterality: null, takenAt: null } as const;
  const header = greyHeader({ ...info, ...facts, window: null } as Omit<ImageInfo, 'identity'>, pixels);
  return { kind: 'grey', imageId: 'x', number: 1, count: 1, header, pixels };
})();

/** One canvas pixel by the definition of the shader in renderer-gl.ts, pixel for pixel. */
function reference({ map, footprint }: Plan, i: number, j: number): number {
  const x = map.a * (i + 0.5) + map.b * (j + 0.5) + map.e;
  const y = map.c * (i + 0.5) + map.d * (j + 0.5) + map.f;
  if (x < 0 || y < 0 || x >= columns || y >= rows) return Number.NaN;
  const texel = (u: number, v: number) =>
    frame.pixels[Math.min(rows - 1, Math.max(0, v)) * columns + Math.min(columns - 1, Math.max(0, u))]!;
  const taps = tapsFor(footprint);
  let value = 0;
  if (taps === 1) {
    const [u, v] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
    const [s, t] = [x - 0.5 - u, y - 0.5 - v];
    value =
      (texel(u, v) * (1 - s) + texel(u + 1, v) * s) * (1 - t) +
      (texel(u, v + 1) * (1 - s) + texel(u + 1, v + 1) * s) * t;
  } else
    for (let n = 0; n < taps * taps; n++) {
      const at = (from: number, k: number) => Math.floor(from + ((k + 0.5) / taps - 0.5) * footprint);
      value += texel(at(x, n % taps), at(y, Math.floor(n / taps))) / taps ** 2;
    }
  return value * rescale.slope + rescale.intercept;
}

describe('a picture at the resolution of the canvas', () => {
  const looks: [string, Partial<DrawOptions>][] = [
    ['reduced', { view: fitView({ columns, rows }, 0, 13, 11) }],
    [
      'enlarged, partly out of sight',
      { view: { width: 50, height: 40, scale: 4.3, centerX: 3, centerY: 21 } }
    ],
    ['as it is', { view: { width: 60, height: 30, scale: 1, centerX: columns / 2, centerY: rows / 2 } }],
    ...[0, 90, 180, 270].flatMap((rotate): [string, Partial<DrawOptions>][] => [
      [`reduced, mirrored, turned by ${rotate}`, turned(rotate as Rotation, 0.37)],
      [`enlarged, mirrored, turned by ${rotate}`, turned(rotate as Rotation, 2.9)]
    ])
  ];

  it.each(looks)('[IM-29] %s is what the GPU would draw', (_name, look) => {
    const plan = planDrawing(frame, { center: 0, width: 1, ...look });
    const found = resample(frame, plan);
    const wanted = Float32Array.from(found, (_, k) =>
      reference(plan, k % plan.width, Math.floor(k / plan.width))
    );
    expect(found.some((value) => !Number.isNaN(value))).toBe(true);
    expect(found.length).toBe(plan.width * plan.height);
    found.forEach((value, k) => {
      if (Number.isNaN(wanted[k])) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(wanted[k]!, 1);
    });
  });
});

function turned(rotate: Rotation, scale: number): Partial<DrawOptions> {
  const view = { width: 41, height: 31, scale, centerX: 9.25, centerY: 10.75 };
  return { rotate, flip: true, view };
}
