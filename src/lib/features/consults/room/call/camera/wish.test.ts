import { describe, expect, test } from 'vitest';
import { constraintsFor, plainWish, readMessage, type CameraAbilities } from './wish.ts';

const phone: CameraAbilities = {
  width: { max: 4032 },
  height: { max: 3024 },
  zoom: { min: 1, max: 8 },
  torch: true,
  focusMode: ['continuous', 'manual'],
  whiteBalanceMode: ['continuous', 'manual'],
  exposureMode: ['continuous']
};
const wish = { profile: 'detail', zoom: 2, torch: true, locked: true } as const;

describe('[CALL-50] a camera is asked only for what it can do', () => {
  test('a phone: all its pixels, its lamp, its zoom, and what of it can be locked', () => {
    expect(constraintsFor(phone, wish)).toEqual({
      constraints: {
        ...{ width: { ideal: 4032 }, height: { ideal: 3024 }, frameRate: { ideal: 15 } },
        advanced: [{ zoom: 2, torch: true, focusMode: 'manual', whiteBalanceMode: 'manual' }]
      },
      cannot: []
    });
  });

  test('a plain webcam: detail alone, and the rest is told', () => {
    expect(constraintsFor({ width: { max: 1920 }, height: { max: 1080 } }, wish)).toEqual({
      constraints: { width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 15 } },
      cannot: ['zoom', 'torch', 'lock']
    });
  });

  test('taken back, lamp and locks go off', () => {
    const { constraints, cannot } = constraintsFor(phone, plainWish);
    expect(constraints.advanced).toEqual([
      {
        ...{ zoom: 1, torch: false, focusMode: 'continuous' },
        ...{ whiteBalanceMode: 'continuous', exposureMode: 'continuous' }
      }
    ]);
    expect(cannot).toEqual([]);
  });

  test('what is not one of our messages is none', () => {
    const read = (value: unknown) => readMessage(new TextEncoder().encode(JSON.stringify(value)));
    expect(read({ kind: 'wish', wish })).toEqual({ kind: 'wish', wish });
    for (const other of [null, {}, { kind: 'wish' }, { kind: 'wish', wish: { ...wish, zoom: 99 } }])
      expect(read(other)).toBeNull();
    expect(readMessage(new Uint8Array([1, 2, 3]))).toBeNull();
  });
});
