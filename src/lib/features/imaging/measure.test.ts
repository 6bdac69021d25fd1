import { describe, expect, test } from 'vitest';
import { noSpacing } from './image.ts';
import { calibrationFrom, formatMeasured, measureAngle, measureLength, scaleOf } from './measure.ts';
import { readSpacing } from './spacing.ts';

const panoramic = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
  modality: 'PX',
  calibrationType: null
} as const;

describe('scale', () => {
  test.each([
    [
      '[IM-5] pixel spacing alone on a projection is the detector’s',
      { pixelSpacing: [0.1, 0.1], imagerPixelSpacing: null },
      'detector',
      0.1
    ],
    [
      '[IM-5] imager spacing alone is the detector’s',
      { pixelSpacing: null, imagerPixelSpacing: [0.13, 0.13] },
      'detector',
      0.13
    ],
    [
      '[IM-5] both equal: the detector’s',
      { pixelSpacing: [0.1, 0.1], imagerPixelSpacing: [0.10001, 0.1] },
      'detector',
      0.10001
    ],
    [
      '[IM-5] both different: calibrated',
      { pixelSpacing: [0.1, 0.1], imagerPixelSpacing: [0.125, 0.125] },
      'calibrated',
      0.1
    ],
    [
      '[IM-5] a calibration type: calibrated',
      { pixelSpacing: [0.1, 0.1], imagerPixelSpacing: [0.1, 0.1], calibrationType: 'FIDUCIAL' },
      'calibrated',
      0.1
    ],
    ['[IM-5] nothing: none', { pixelSpacing: null, imagerPixelSpacing: null }, 'none', 0],
    ['[IM-5] zero or negative is nothing', { pixelSpacing: [0, -1], imagerPixelSpacing: null }, 'none', 0]
  ])('%s', (_, tags, source, mm) => {
    expect(readSpacing({ ...panoramic, ...tags })).toMatchObject({ source, rowMm: mm });
  });

  test('[IM-5] tomographic spacing is in the patient', () => {
    const ct = {
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      modality: 'CT',
      calibrationType: null,
      imagerPixelSpacing: null
    };
    expect(readSpacing({ ...ct, pixelSpacing: [0.2, 0.3] })).toEqual({
      rowMm: 0.2,
      columnMm: 0.3,
      source: 'calibrated'
    });
  });
});

describe('measuring', () => {
  const detector = scaleOf({ rowMm: 0.1, columnMm: 0.1, source: 'detector' }, null);

  test('[IM-6] pixels until calibrated, and the source says why', () => {
    expect(measureLength({ x: 0, y: 0 }, { x: 3, y: 4 }, detector)).toEqual({
      value: 5,
      unit: 'px',
      scaleSource: 'detector'
    });
    expect(measureLength({ x: 0, y: 0 }, { x: 3, y: 4 }, scaleOf(noSpacing, null))).toEqual({
      value: 5,
      unit: 'px',
      scaleSource: 'none'
    });
  });

  test('[IM-6] millimetres on a calibrated scale, rows and columns apart', () => {
    const scale = scaleOf({ rowMm: 0.2, columnMm: 0.1, source: 'calibrated' }, null);
    const { value, ...rest } = measureLength({ x: 0, y: 0 }, { x: 30, y: 20 }, scale);
    expect(value).toBeCloseTo(5);
    expect(rest).toEqual({ unit: 'mm', scaleSource: 'calibrated' });
  });

  test('[IM-7] a person’s calibration wins', () => {
    const mmPerPixel = calibrationFrom({ x: 0, y: 0 }, { x: 0, y: 120 }, 12);
    expect(mmPerPixel).toBeCloseTo(0.1);
    const by = {
      mmPerPixel: mmPerPixel!,
      source: 'user',
      by: '李',
      at: '2026-02-14T00:00:00Z',
      knownObject: 'implant 12 mm'
    } as const;
    const scale = scaleOf({ rowMm: 0.3, columnMm: 0.3, source: 'calibrated' }, by);
    expect(formatMeasured(measureLength({ x: 0, y: 0 }, { x: 100, y: 0 }, scale))).toBe('10.0 mm');
    expect(scale.source).toBe('user');
  });

  test('[IM-7] no scale from a stub or from nonsense', () => {
    expect(calibrationFrom({ x: 0, y: 0 }, { x: 5, y: 0 }, 10)).toBeNull();
    for (const known of [0, -3, Number.NaN, Infinity, 501])
      expect(calibrationFrom({ x: 0, y: 0 }, { x: 100, y: 0 }, known)).toBeNull();
  });

  test('[IM-6] angles', () => {
    expect(measureAngle({ x: 10, y: 0 }, { x: 0, y: 0 }, { x: 0, y: 7 }, detector).value).toBeCloseTo(90);
    expect(measureAngle({ x: 1, y: 0 }, { x: 0, y: 0 }, { x: -1, y: 0 }, detector).value).toBeCloseTo(180);
    expect(measureAngle({ x: 0, y: 0 }, { x: 0, y: 0 }, { x: 1, y: 1 }, detector).value).toBe(0);
    const tall = scaleOf({ rowMm: 0.2, columnMm: 0.1, source: 'detector' }, null);
    expect(measureAngle({ x: 2, y: 0 }, { x: 0, y: 0 }, { x: 2, y: 1 }, tall).value).toBeCloseTo(45);
  });
});
