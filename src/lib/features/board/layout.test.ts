import { describe, expect, it } from 'vitest';
import { type LaidOut, layouts, placesOf } from './layout.ts';

const image = (id: string, kind: string, teeth: string[], w = 900, h = 1_200): LaidOut => ({
  id,
  kind,
  takenOn: '',
  teeth,
  w,
  h
});

/** Fourteen periapicals and four bitewings, as they come from a scanner: in no order. */
const series = [
  ...['18 17 16', '15 14', '13 12', '11 21', '22 23', '24 25', '26 27 28'],
  ...['48 47 46', '45 44', '43 42', '41 31', '32 33', '34 35', '36 37 38']
]
  .map((teeth) => image(teeth, 'periapical', teeth.split(' ')))
  .concat(
    ['17 47', '15 45', '25 35', '27 37'].map((teeth) =>
      image(`bw ${teeth}`, 'bitewing', teeth.split(' '), 1_200, 900)
    )
  )
  .reverse();

describe('ready-made orders', () => {
  it('[BI-19] a full-mouth series lies as it is mounted, the patient’s right on the left', () => {
    const places = placesOf([...series, image('pan', 'panoramic', [], 2_800, 1_400)], 'mount');
    const rows = new Map<number, string[]>();
    for (const [id, { x, y }] of [...places].sort((a, b) => a[1].x - b[1].x)) {
      expect(x).toBeGreaterThanOrEqual(0);
      rows.set(y, [...(rows.get(y) ?? []), id]);
    }
    expect([...rows].sort(([a], [b]) => a - b).map(([, ids]) => ids)).toEqual([
      ['pan'],
      ['18 17 16', '15 14', '13 12', '11 21', '22 23', '24 25', '26 27 28'],
      ['bw 17 47', 'bw 15 45', 'bw 25 35', 'bw 27 37'],
      ['48 47 46', '45 44', '43 42', '41 31', '32 33', '34 35', '36 37 38']
    ]);
  });

  it('[BI-19] four images lie two beside two', () => {
    const four = ['current', 'prior', 'bitewing', 'photo'].map((id) => image(id, 'other', [], 1_000, 800));
    const places = placesOf(four, 'grid');
    expect(places.get('prior')).toMatchObject({ y: 0 });
    expect(places.get('bitewing')).toMatchObject({ x: 0 });
    expect(places.get('photo')!.x).toBe(places.get('prior')!.x);
    expect(places.get('photo')!.y).toBe(places.get('bitewing')!.y);
  });

  it.each(layouts)('[BI-19] nothing overlaps: %s', (layout) => {
    const places = placesOf(series, layout);
    const boxes = series.map(({ id, w, h }) => ({ ...places.get(id)!, w, h }));
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        expect(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y).toBe(true);
    expect(placesOf([], layout).size).toBe(0);
  });
});
