import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { createRecord, metaRoot, readBoard, recordsOf, schemaKey } from './format.ts';
import { type BoardImage, initialBoard } from './initial.ts';
import { boardSchema, validRecord } from './island/schema.ts';
import { asOfNow, pinSchema } from './island/pin-schema.ts';
import { noScale } from './shapes.ts';

const image = (imageId: string, width: number, height: number): BoardImage => ({
  imageId,
  kind: 'periapical',
  takenOn: '2026-11-20',
  side: 'R',
  teeth: ['36'],
  width,
  height,
  scale: noScale,
  window: null
});
const author = { by: 'u1', byName: '李', at: '2026-11-22T01:00:00.000Z' };

function open(images: BoardImage[], withChart: boolean): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, initialBoard({ images, withChart, author }));
  return doc;
}

describe('a board when the consult opens', () => {
  it('[BI-8] holds only records that the board accepts, in the schema it is pinned to', () => {
    const doc = open([image('a', 2_800, 1_400), image('b', 1_200, 1_600)], true);
    const records = readBoard(doc);
    expect(records.map((record) => validRecord(record))).not.toContain(null);
    expect(doc.getMap(metaRoot).get(schemaKey)).toEqual(boardSchema().serialize());
    expect(pinSchema(doc, false)).toBe('same');
  });

  it('[BI-8] lays images side by side, begins a new row in time and puts the chart below, nothing overlapping', () => {
    const doc = open(
      [image('a', 2_800, 1_400), image('b', 2_800, 1_600), image('c', 900, 1_200), image('d', 900, 1_200)],
      true
    );
    const boxes = readBoard(doc)
      .filter((record) => record.typeName === 'shape')
      .map((record) => ({
        x: Number(record['x']),
        y: Number(record['y']),
        w: Number(record.props?.['w']),
        h: Number(record.props?.['h'])
      }));
    expect(boxes).toHaveLength(5);
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        expect(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y).toBe(true);
  });

  it('[BI-8] is a page and nothing else without images and chart', () => {
    expect(
      readBoard(open([], false))
        .map((record) => record.id)
        .sort()
    ).toEqual(['document:document', 'page:page']);
  });

  it('[BI-8] says who put an image there and which it is', () => {
    const xray = readBoard(open([image('a', 10, 10)], false)).find((record) => record['type'] === 'xray');
    expect(xray?.['meta']).toEqual({ ...author, imageId: 'a' });
  });
});

describe('the schema of a board', () => {
  it('[BI-6] opens a board of a newer version read-only', () => {
    const doc = open([], false);
    const stored = structuredClone(boardSchema().serialize()) as { sequences: Record<string, number> };
    stored.sequences['com.tldraw.shape.xray'] = 99;
    doc.getMap(metaRoot).set(schemaKey, stored);
    expect(pinSchema(doc, false)).toBe('newer');
  });

  it('[BI-6] brings an older board up to date once', () => {
    const doc = open([], false);
    const stored = structuredClone(boardSchema().serialize()) as { sequences: Record<string, number> };
    stored.sequences['com.tldraw.page'] = 0;
    doc.getMap(metaRoot).set(schemaKey, stored);
    expect(pinSchema(doc, false)).toBe('migrated');
    expect(pinSchema(doc, false)).toBe('same');
  });

  it('[BI-6] [BI-18] an image and marks of an older board are read by all, and brought up by who writes', () => {
    const doc = open([image('a', 100, 50)], false);
    const stored = structuredClone(boardSchema().serialize()) as { sequences: Record<string, number> };
    stored.sequences['com.tldraw.shape.xray'] = 0;
    stored.sequences['com.tldraw.shape.measure'] = 0;
    doc.getMap(metaRoot).set(schemaKey, stored);
    const xray = recordsOf(doc).get('shape:image-a')!;
    for (const field of ['flip', 'sharpen', 'earlier']) xray.delete(`props.${field}`);
    const points = [0, 1, 2].map((x) => ({ x, y: x * x }));
    createRecord(recordsOf(doc), {
      ...readBoard(doc).find(({ id }) => id === 'shape:image-a')!,
      id: 'shape:m',
      type: 'measure',
      props: { points, color: 'yellow', size: 1 }
    });
    const shapes = () => readBoard(doc).filter(({ typeName }) => typeName === 'shape');
    expect(shapes().map((raw) => validRecord(raw))).toEqual([null, null]);
    expect(shapes().map((raw) => validRecord(asOfNow(doc, raw)))).not.toContain(null);
    expect(shapes().map((raw) => validRecord(raw))).toEqual([null, null]);
    expect(pinSchema(doc, false)).toBe('migrated');
    expect(shapes().map((raw) => validRecord(raw))).not.toContain(null);
    expect(shapes().find(({ id }) => id === 'shape:m')?.props).toMatchObject({ kind: 'angle', points });
  });
});
