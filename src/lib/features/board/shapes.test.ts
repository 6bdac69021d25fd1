import { describe, expect, it } from 'vitest';
import { authorOf, imageIdsOf, isOwnShape, noScale } from './shapes.ts';

const xray = {
  imageId: 'i',
  w: 2_800,
  frame: 1,
  h: 1_400,
  kind: 'panoramic',
  takenOn: '',
  side: '',
  teeth: ['36'],
  window: null,
  invert: false,
  sharpen: false,
  flip: false,
  calibration: noScale,
  earlier: []
};
const measure = { kind: 'length', tooth: '', color: 'yellow', size: 1 };

describe("the board's own shapes", () => {
  it('[BI-4] takes what is whole', () => {
    expect(isOwnShape('xray', xray)).toBe(true);
    expect(
      isOwnShape('measure', {
        ...measure,
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 1 }
        ]
      })
    ).toBe(true);
    expect(isOwnShape('pin', { number: 1, tooth: '36', size: 1 })).toBe(true);
    expect(isOwnShape('odontogram', { w: 10, h: 10 })).toBe(true);
  });

  it.each([
    ['a picture without an end', 'xray', { ...xray, w: Number.POSITIVE_INFINITY }],
    ['a field nobody knows', 'xray', { ...xray, src: 'https://example.org/x.png' }],
    ['a window of no width', 'xray', { ...xray, window: { center: 0, width: 0 } }],
    ['one point', 'measure', { ...measure, points: [{ x: 0, y: 0 }] }],
    [
      'a measure of an unknown kind',
      'measure',
      {
        ...measure,
        kind: 'guess',
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 1 }
        ]
      }
    ],
    ['a measure of no end', 'measure', { ...measure, points: Array(65).fill({ x: 0, y: 0 }) }],
    ['a pin with words', 'pin', { number: 1, text: '36 叩痛', tooth: '', size: 1 }],
    ['words as a tooth', 'pin', { number: 1, tooth: '痛', size: 1 }],
    ['a half pin', 'pin', { number: 1 }],
    ['another type', 'embed', { url: 'https://example.org' }]
  ])('[BI-4] refuses %s', (_what, type, props) => expect(isOwnShape(type, props)).toBe(false));

  it('[BI-8] knows who made a shape', () => {
    const meta = { by: 'u', byName: '李', at: '2026-11-22T01:00:00Z', imageId: 'i', more: 1 };
    expect(authorOf(meta)).toEqual({ by: 'u', byName: '李', at: '2026-11-22T01:00:00Z', imageId: 'i' });
    expect(authorOf({ ...meta, frame: 1, calibration: 2 })).toMatchObject({ frame: 1, calibration: 2 });
    expect(authorOf({})).toBeNull();
  });

  it('[BI-8] names every image a record refers to', () => {
    expect(imageIdsOf({ props: { imageId: 'a' }, meta: { imageId: 'b' } })).toEqual(['a', 'b']);
    expect(imageIdsOf({ props: {}, meta: null })).toEqual([]);
  });
});
