import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type RawRecord, createRecord, readBoard, recordsOf } from './format.ts';
import { writePatientView } from './hosts.ts';
import { applyPatientNews, hasImage, patientRecords } from './patient-view.ts';

const shape = (id: string, type: string, parentId: string): RawRecord => ({
  id: `shape:${id}`,
  typeName: 'shape',
  type,
  parentId,
  props: {},
  meta: { by: 'li', byName: '李明' }
});

function board(): Y.Doc {
  const doc = new Y.Doc();
  for (const record of [
    { id: 'document:document', typeName: 'document' },
    { id: 'page:page', typeName: 'page' },
    shape('a', 'xray', 'page:page'),
    shape('b', 'xray', 'page:page'),
    shape('line', 'draw', 'shape:a'),
    shape('arrow', 'arrow', 'shape:a'),
    shape('on-line', 'text', 'shape:line'),
    shape('pin', 'pin', 'shape:a'),
    shape('on-pin', 'text', 'shape:pin'),
    shape('other', 'draw', 'shape:b'),
    shape('chart', 'odontogram', 'page:page'),
    { id: 'binding:own', typeName: 'binding', fromId: 'shape:arrow', toId: 'shape:line' },
    { id: 'binding:out', typeName: 'binding', fromId: 'shape:arrow', toId: 'shape:other' }
  ])
    createRecord(recordsOf(doc), record);
  return doc;
}
const show = (doc: Y.Doc, id: string) =>
  writePatientView(doc, { by: 'li', byName: '李明', at: '2026-03-02T08:00:00.000Z', shape: id });
const ids = (records: readonly RawRecord[]) => records.map(({ id }) => id).sort();
const nothing = ['document:document', 'page:page'];

describe('what a patient is given', () => {
  it('[BD-16] is nothing until somebody shows an image', () => {
    const doc = board();
    expect(ids(patientRecords(doc))).toEqual(nothing);
    // Only an image can be shown.
    for (const id of ['shape:chart', 'shape:gone', 'shape:line']) {
      show(doc, id);
      expect(ids(patientRecords(doc))).toEqual(nothing);
    }
  });

  it('[BD-16] is the image with what lies on it, without pins, and without who drew it', () => {
    const doc = board();
    show(doc, 'shape:a');
    const given = patientRecords(doc);
    expect(ids(given)).toEqual([
      'binding:own',
      ...nothing,
      'shape:a',
      'shape:arrow',
      'shape:line',
      'shape:on-line'
    ]);
    expect(JSON.stringify(given)).not.toContain('李明');
  });

  it('[BD-16] comes to an end where shapes lie on each other in a circle', () => {
    const doc = board();
    recordsOf(doc).get('shape:a')!.set('parentId', 'shape:on-line');
    show(doc, 'shape:a');
    expect(ids(patientRecords(doc))).toContain('shape:line');
  });

  it('[BD-16] is what the page holds after each message, whole or in part', () => {
    const [doc, page] = [board(), new Y.Doc()];
    show(doc, 'shape:a');
    applyPatientNews(page, { whole: true, schema: { schemaVersion: 2 }, put: patientRecords(doc), gone: [] });
    expect(ids(readBoard(page))).toEqual(ids(patientRecords(doc)));
    expect(hasImage(page)).toBe(true);
    applyPatientNews(page, {
      whole: false,
      schema: null,
      put: [{ ...shape('new', 'draw', 'shape:a') }],
      gone: ['shape:line']
    });
    expect(ids(readBoard(page))).toContain('shape:new');
    expect(ids(readBoard(page))).not.toContain('shape:line');
    writePatientView(doc, null);
    applyPatientNews(page, { whole: true, schema: null, put: patientRecords(doc), gone: [] });
    expect([ids(readBoard(page)), hasImage(page)]).toEqual([nothing, false]);
  });
});
