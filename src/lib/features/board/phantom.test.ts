import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { splitFrame, unpackGrey } from '#lib/features/imaging/frame-format.ts';
import type { GreyFrame } from '#lib/features/imaging/frame.ts';
import { ingest } from '#lib/features/imaging/ingest.server.ts';
import { calibrationFrom } from '#lib/features/imaging/measure.ts';
import { measureMark } from './scale.ts';
import { type MeasureKind, type Point, type ShapeScale, noScale } from './shapes.ts';

/** Objects of known size, in millimetres, as a detector of these pixels sees them. */
const world = {
  rowMm: 0.08,
  columnMm: 0.1,
  ball: { x: 8, y: 8, radius: 2.5 },
  implant: { left: 20, right: 24, top: 5, bottom: 15 },
  background: 300,
  ballValue: 3000,
  implantValue: 3900
};
const [columns, rows] = [320, 260];

/** The phantom as a file, taken in as every upload is, and unpacked as the browser does it. */
async function phantom(): Promise<GreyFrame> {
  const pixels = new Uint8Array(columns * rows * 2);
  const view = new DataView(pixels.buffer);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const [mmX, mmY] = [(x + 0.5) * world.columnMm, (y + 0.5) * world.rowMm];
      const { ball, implant } = world;
      const value =
        Math.hypot(mmX - ball.x, mmY - ball.y) <= ball.radius
          ? world.ballValue
          : mmX > implant.left && mmX < implant.right && mmY > implant.top && mmY < implant.bottom
            ? world.implantValue
            : world.background;
      view.setUint16((y * columns + x) * 2, value, true);
    }
  const file = Buffer.from(
    fixtureDicom({
      rows,
      columns,
      set: [
        ['00280030', 'DS', [String(world.rowMm), String(world.columnMm)]],
        ['00280a02', 'CS', 'FIDUCIAL'],
        ['7fe00010', 'OW', pixels]
      ]
    })
  );
  const { header, payload } = splitFrame(gunzipSync((await ingest(file, file.length)).frame));
  return { kind: 'grey', imageId: 'p', number: 1, count: 1, header, pixels: unpackGrey(payload, header) };
}

/** The outermost edges of what has this value, in image pixels. */
function edgesOf({ pixels }: GreyFrame, value: number) {
  const found = [...pixels.entries()].filter(([, each]) => each === value).map(([i]) => i);
  const xs = found.map((i) => i % columns);
  const ys = found.map((i) => Math.floor(i / columns));
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), 0) + 1;
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
  return { left: least(xs), right: most(xs), top: least(ys), bottom: most(ys), area: found.length };
}

const valueOf = (kind: MeasureKind, points: Point[], scale: ShapeScale, frame: GreyFrame | null = null) => {
  const value = measureMark({ kind, points }, scale, frame);
  if (!value) throw new Error('no value');
  return value.of === 'region' ? value.area.value : value.measured.value;
};

describe('measuring objects of known size', () => {
  it('[BI-9] with the scale of the file: lengths across, down and aslant, angles, areas, to a pixel', async () => {
    const frame = await phantom();
    const { pixelSpacing } = frame.header;
    expect(pixelSpacing).toEqual({ rowMm: world.rowMm, columnMm: world.columnMm, source: 'calibrated' });
    const scale: ShapeScale = {
      ...noScale,
      kind: 'calibrated',
      rowMm: world.rowMm,
      columnMm: world.columnMm
    };
    const { left, right, top, bottom } = edgesOf(frame, world.implantValue);
    const corner = { x: left, y: top };
    const { implant } = world;
    const [width, height] = [implant.right - implant.left, implant.bottom - implant.top];
    const near = (value: number, wanted: number, within = world.columnMm) =>
      expect(Math.abs(value - wanted)).toBeLessThanOrEqual(within);
    near(valueOf('length', [corner, { x: right, y: top }], scale), width);
    near(valueOf('length', [corner, { x: left, y: bottom }], scale), height);
    near(valueOf('length', [corner, { x: right, y: bottom }], scale), Math.hypot(width, height));
    near(valueOf('polyline', [corner, { x: right, y: top }, { x: right, y: bottom }], scale), width + height);
    near(
      valueOf('angle', [{ x: right, y: bottom }, corner, { x: right, y: top }], scale),
      (Math.atan2(height, width) * 180) / Math.PI,
      0.5
    );
    near(valueOf('rect', [corner, { x: right, y: bottom }], scale), width * height, 1);
  });

  it('[BI-9] calibrated on the 5 mm ball of square pixels, the implant is 10 mm long', async () => {
    const frame = await phantom();
    const ball = edgesOf(frame, world.ballValue);
    const mm = calibrationFrom(
      { x: (ball.left + ball.right) / 2, y: ball.top },
      { x: (ball.left + ball.right) / 2, y: ball.bottom },
      2 * world.ball.radius
    );
    // One pixel more or less on either edge of the ball.
    expect(Math.abs(mm! - world.rowMm)).toBeLessThan(
      (2 * world.rowMm * world.rowMm) / (2 * world.ball.radius)
    );
    const scale: ShapeScale = { ...noScale, kind: 'user', rowMm: mm!, columnMm: mm!, by: '李', on: '5 mm' };
    const { left, top, bottom } = edgesOf(frame, world.implantValue);
    const length = valueOf(
      'length',
      [
        { x: left, y: top },
        { x: left, y: bottom }
      ],
      scale
    );
    expect(Math.abs(length - 10) / 10).toBeLessThan(0.03);
  });

  it('[IM-30] statistics inside the ball are of the ball alone, and its area is π r²', async () => {
    const frame = await phantom();
    const { left, right, top, bottom, area } = edgesOf(frame, world.ballValue);
    const inset = 2;
    const value = measureMark(
      {
        kind: 'ellipse',
        points: [
          { x: left + inset, y: top + inset },
          { x: right - inset, y: bottom - inset }
        ]
      },
      noScale,
      frame
    );
    if (value?.of !== 'region') throw new Error('region expected');
    expect(value.stats).toMatchObject({ mean: world.ballValue, sd: 0, min: world.ballValue });
    const mm2 = area * world.rowMm * world.columnMm;
    expect(Math.abs(mm2 / (Math.PI * world.ball.radius ** 2) - 1)).toBeLessThan(0.02);
    const scale: ShapeScale = {
      ...noScale,
      kind: 'calibrated',
      rowMm: world.rowMm,
      columnMm: world.columnMm
    };
    const whole = valueOf(
      'ellipse',
      [
        { x: left, y: top },
        { x: right, y: bottom }
      ],
      scale
    );
    expect(Math.abs(whole / (Math.PI * world.ball.radius ** 2) - 1)).toBeLessThan(0.05);
  });
});
