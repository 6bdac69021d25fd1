import { describe, expect, it } from 'vitest';
import { type Figure, figureColumns, figuresAsCsv, figuresAsJson } from './figures.ts';
import { noScale } from './shapes.ts';

const figure: Figure = {
  id: 'shape:a',
  kind: 'length',
  tooth: '36',
  imageId: 'i',
  points: [
    { x: 1.5, y: 2 },
    { x: 4, y: 6 }
  ],
  value: 12.34567,
  unit: 'mm',
  stats: null,
  scale: { kind: 'user', rowMm: 0.1, columnMm: 0.1, by: '李', at: '2026-11-22T01:00:00Z', on: '5 mm' },
  scaleVersion: 2,
  author: { by: 'u', byName: '李明', at: '2026-11-22T02:00:00Z', imageId: 'i', frame: 1, calibration: 1 }
};
const images = new Map([['i', { sopInstanceUid: '1.2.3', title: '全景片 · 2026-11-20' }]]);
const words = {
  columns: Object.fromEntries(figureColumns.map((column) => [column, column])) as Record<
    (typeof figureColumns)[number],
    string
  >,
  kind: (kind: string) => kind,
  scale: (scale: { on: string }) => scale.on
};

describe('measurements as a table', () => {
  it('[BD-12] says image, frame, points, value, unit and where the scale comes from', () => {
    const [head, row, end] = figuresAsCsv([figure], images, words).split('\r\n');
    expect(head).toBe(`\ufeff${figureColumns.join(',')}`);
    expect(row).toBe(
      '1,1.2.3,全景片 · 2026-11-20,1,length,36,12.346,mm,,,,,5 mm,2,0.1,0.1,1.5 2; 4 6,李明,2026-11-22T02:00:00Z'
    );
    expect(end).toBe('');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x","y")'])(
    '[BD-12] a name that a spreadsheet would run is only a name: %j',
    (byName) => {
      const csv = figuresAsCsv([{ ...figure, author: { ...figure.author!, byName } }], images, words);
      expect(csv).toContain(`'${byName.replaceAll('"', '""')}`);
    }
  );

  it('[BD-12] commas, quotes and line breaks stay in their cell; numbers below zero stay numbers', () => {
    const odd = { ...figure, author: { ...figure.author!, byName: 'a,"b"\nc' } };
    expect(figuresAsCsv([odd], images, words)).toContain('"a,""b""\nc"');
    const stats = { count: 1, mean: -700.25, sd: 0, min: -701, max: -699 };
    expect(figuresAsCsv([{ ...figure, stats }], images, words)).toContain(',-700.25,0,-701,-699,');
  });

  it('[BD-12] as JSON nothing is rounded, and an image without a UID is named by its id', () => {
    const parsed = JSON.parse(figuresAsJson([figure], images, { consult: 'HZ1' })) as {
      measurements: Record<string, unknown>[];
    };
    expect(parsed).toMatchObject({ consult: 'HZ1' });
    expect(parsed.measurements[0]).toMatchObject({
      value: 12.34567,
      unit: 'mm',
      image: { id: 'i', sopInstanceUid: '1.2.3' },
      scaleVersion: 2,
      calibrationWhenDrawn: 1,
      by: { id: 'u', name: '李明' }
    });
    expect(figuresAsCsv([{ ...figure, scale: noScale }], new Map(), words)).toContain('1,i,,1,length');
  });
});
