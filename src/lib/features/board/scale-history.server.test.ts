import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { createRecord, recordsOf } from './format.ts';
import { ScaleHistory } from './scale-history.server.ts';

test('[BD-11] every scale an image had is found in the log, also when its record was deleted; none of another image', () => {
  const doc = new Y.Doc();
  const log: Uint8Array[] = [];
  doc.on('update', (bytes: Uint8Array) => log.push(bytes));
  const scale = (rowMm: number) => ({ kind: 'user', rowMm });
  const make = (id: string, imageId: string, calibration: object) =>
    doc.transact(() =>
      createRecord(recordsOf(doc), { id, typeName: 'shape', props: { imageId, calibration, earlier: [] } })
    );
  const first = make('shape:a', 'one', scale(1));
  make('shape:b', 'two', scale(9));
  doc.transact(() => {
    first.set('props.calibration', scale(2));
    first.set('props.earlier', [scale(1)]);
  });
  first.set('x', 5);
  first.set('props.calibration', scale(3));
  recordsOf(doc).delete('shape:a');
  const history = new ScaleHistory();
  for (const update of [...log, ...log]) history.add(update);
  const found = history.of('one').map((each) => (each as { rowMm: number }).rowMm);
  expect([...new Set(found)].sort()).toEqual([1, 2, 3]);
  expect(history.of('two')).toEqual([scale(9)]);
  expect(history.of('three')).toEqual([]);
});
