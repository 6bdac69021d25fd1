import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { checkWrite } from '#lib/features/board/document.ts';
import { type KnownImage, imageRegister } from '#lib/features/board/image-register.ts';
import { type ShapeScale, noScale } from '#lib/features/board/shapes.ts';
import { type RawRecord, createRecord, recordsOf } from '#lib/features/board/format.ts';
import { pinnedSchema } from '#lib/features/board/schema-pin.ts';
import { attachNotices } from '#lib/features/board/saved.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import { encodeStep1 } from '../../server/collab/protocol.ts';
import { TestServer, gate, until } from './support/collab-server.ts';
import { MemoryPersistence } from './support/memory-persistence.ts';

const ours = newId();
const foreign = newId();
const [liId, wangId] = [newId(), newId()];

function xray(imageId: string, id = 'shape:one'): RawRecord {
  return { id, typeName: 'shape', type: 'xray', x: 1, props: { imageId, w: 100, h: 50 }, meta: {} };
}

/** What the record says of the image's scale. */
const fileScale: ShapeScale = { ...noScale, kind: 'calibrated', rowMm: 0.1, columnMm: 0.1 };

async function start(
  load = async (): Promise<ReadonlyMap<string, KnownImage>> =>
    new Map([[ours, { scale: fileScale, frames: 3 }]])
) {
  const persistence = new MemoryPersistence();
  const documentId = newId();
  persistence.create(documentId);
  const register = imageRegister({ load, nowMs: () => Date.now() });
  const server = await TestServer.start({
    persistence,
    inspect: (write, { access, ...context }) =>
      checkWrite(write, {
        ...context,
        allowsImage: (imageId) => register.allows(access.consultId, imageId),
        allowsScale: (imageId, scale) => register.allowsScale(access.consultId, imageId, scale),
        allowsFrame: (imageId, frame) => register.allowsFrame(access.consultId, imageId, frame)
      })
  });
  server.admit('li', { userId: liId });
  server.admit('wang', { userId: wangId });
  const li = await server.connect('li', documentId).synced();
  const wang = await server.connect('wang', documentId).synced();
  const refusals: string[] = [];
  attachNotices(wang.provider, (notice) => {
    if (notice.kind === 'refused') refusals.push(notice.code);
  });
  return { server, documentId, persistence, li, wang, refusals };
}

test("[CO-12] [BD-3] a record with another patient's image is refused, its sender told, others never see it", async () => {
  const { li, wang, refusals, persistence, documentId } = await start();
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(ours)));
  await until(() => li.records.has('shape:one'));
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(foreign, 'shape:two')));
  await until(() => wang.closes.length > 0);
  expect(wang.closes).toEqual([closeCodes.refusedContent]);
  expect(refusals).toEqual(['foreign-image']);
  await wait(250);
  expect(li.records.has('shape:two')).toBe(false);
  expect(wang.closes).toHaveLength(1);
  for (const row of persistence.of(documentId).rows)
    expect(Buffer.from(row.bytes).includes(foreign)).toBe(false);
});

test('[CO-12] [BD-3] a field that is overwritten is found, though the update does not name it', async () => {
  const { li, wang, refusals } = await start();
  const record = wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(ours)));
  await until(() => li.records.has('shape:one'));
  record.set('x', 7);
  await until(() => (li.records.get('shape:one') as Y.Map<unknown>).get('x') === 7);
  record.set('props.imageId', foreign);
  await until(() => wang.closes.length > 0);
  expect(refusals).toEqual(['foreign-image']);
  expect((li.records.get('shape:one') as Y.Map<unknown>).get('props.imageId')).toBe(ours);
});

test('[CO-12] [BD-3] content set and overwritten offline, or brought in one piece, is found as well', async () => {
  const { server, documentId, li } = await start();
  const doc = new Y.Doc();
  const record = doc.transact(() => createRecord(recordsOf(doc), xray(ours)));
  for (let i = 0; i < 100; i++) record.set('x', i);
  record.set('props.imageId', foreign);
  const late = server.connect('wang', documentId, { doc });
  await until(() => late.closes.length > 0);
  expect(late.closes).toEqual([closeCodes.refusedContent]);
  await wait(50);
  expect(li.records.size).toBe(0);
});

test('[CO-12] [BD-3] marks made on a foreign image, unknown shapes, links and newer schemas are refused', async () => {
  const cases: [string, (doc: Y.Doc) => void][] = [
    ['foreign-image', (doc) => createRecord(recordsOf(doc), { ...xray(ours), meta: { imageId: foreign } })],
    ['unknown-shape', (doc) => createRecord(recordsOf(doc), { ...xray(ours), type: 'embed' })],
    [
      'outside-link',
      (doc) =>
        createRecord(recordsOf(doc), { ...xray(ours), type: 'geo', props: { url: 'https://evil.test' } })
    ],
    ['unknown-content', (doc) => doc.getMap('records').set('shape:x', { whole: 'record' })],
    ['unknown-content', (doc) => doc.getMap('records').set('user:x', new Y.Map())],
    ['unknown-content', (doc) => doc.getMap('other').set('a', 1)],
    ['unknown-content', (doc) => doc.getText('records').insert(0, 'text')],
    [
      'newer-client',
      (doc) =>
        doc.getMap('meta').set('schema', {
          ...pinnedSchema,
          sequences: { ...pinnedSchema.sequences, 'com.tldraw.shape': 999 }
        })
    ]
  ];
  for (const [code, write] of cases) {
    const { wang, refusals } = await start();
    wang.doc.transact(() => write(wang.doc));
    await until(() => wang.closes.length > 0);
    expect([code, ...refusals]).toEqual([code, code]);
  }
});

/** A pin as the board's own code makes it. */
function pin(overrides: Partial<RawRecord> = {}): RawRecord {
  return {
    id: 'shape:pin',
    typeName: 'shape',
    type: 'pin',
    x: 12.5,
    y: 40,
    rotation: 0,
    index: 'a1V',
    parentId: `shape:image-${ours}`,
    isLocked: false,
    opacity: 1,
    props: { number: 1, tooth: '36', size: 0.4 },
    meta: { by: wangId, at: new Date().toISOString(), imageId: ours },
    ...overrides
  };
}
const words = '远中根尖低密度影';

test('[BD-8] a pin is taken with its place, moved, given a tooth, deleted', async () => {
  const { li, wang, refusals } = await start();
  const record = wang.doc.transact(() => createRecord(recordsOf(wang.doc), pin()));
  await until(() => li.records.has('shape:pin'));
  record.set('x', 99.25);
  record.set('props.tooth', '');
  await until(() => (li.records.get('shape:pin') as Y.Map<unknown>).get('props.tooth') === '');
  li.records.delete('shape:pin');
  await until(() => !wang.records.has('shape:pin'));
  expect(refusals).toEqual([]);
});

test('[BD-8] [CO-12] a pin with words is refused wherever they stand, and told to nobody', async () => {
  const props = pin().props!;
  const meta = pin()['meta'] as Record<string, unknown>;
  const cases: [string, RawRecord][] = [
    ['text', pin({ props: { ...props, text: words } })],
    ['richText', pin({ props: { ...props, richText: { type: 'doc', content: [words] } } })],
    ['tooth', pin({ props: { ...props, tooth: words } })],
    ['number', pin({ props: { ...props, number: words } })],
    ['name', pin({ meta: { ...meta, byName: words } })],
    ['author', pin({ meta: { ...meta, by: words } })],
    ['field', pin({ note: words })],
    ['place', pin({ x: words })],
    ['parent', pin({ parentId: words })]
  ];
  for (const [what, record] of cases) {
    const { li, wang, refusals, persistence, documentId } = await start();
    wang.doc.transact(() => createRecord(recordsOf(wang.doc), record));
    await until(() => wang.closes.length > 0);
    expect([what, ...refusals]).toEqual([what, 'words-on-pin']);
    expect(li.records.has('shape:pin')).toBe(false);
    expect(persistence.of(documentId).rows).toEqual([]);
  }
});

test('[BD-8] nothing is given words first and turned into a pin, nor a pin into something with words', async () => {
  const ways: [string, (doc: Y.Doc, settled: () => Promise<void>) => Promise<void>][] = [
    [
      'no type at first',
      async (doc, settled) => {
        const record = doc.transact(() => {
          const made = new Y.Map<unknown>([['props.text', words]]);
          doc.getMap('records').set('shape:pin', made);
          return made;
        });
        await settled();
        record.set('type', 'pin');
      }
    ],
    [
      'an arrow first',
      async (doc, settled) => {
        const record = doc.transact(() =>
          createRecord(recordsOf(doc), pin({ type: 'arrow', props: { text: words }, meta: {} }))
        );
        await settled();
        record.set('type', 'pin');
      }
    ],
    [
      'a pin first',
      async (doc, settled) => {
        const record = doc.transact(() => createRecord(recordsOf(doc), pin()));
        await settled();
        doc.transact(() => {
          record.set('type', 'arrow');
          record.set('props.text', words);
        });
      }
    ]
  ];
  for (const [way, write] of ways) {
    const { li, wang, refusals } = await start();
    await write(wang.doc, () => until(() => li.records.has('shape:pin')));
    await until(() => wang.closes.length > 0);
    expect([way, ...refusals]).toEqual([way, 'unknown-shape']);
    const left = (li.records.get('shape:pin') as Y.Map<unknown>).toJSON();
    expect(left['type'] === 'pin' && 'props.text' in left).toBe(false);
  }
});

test("[BD-8] nothing that is said at a pin reaches a patient's socket", async () => {
  const { server, documentId, li, wang } = await start();
  server.admit('patient', { mode: 'read', role: 'patient', userId: null, inviteId: newId() });
  const socket = await server.raw('patient', documentId);
  socket.socket.send(encodeStep1(Y.encodeStateVector(new Y.Doc())));
  const received = () => socket.messages.map((bytes) => Buffer.from(bytes));
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), pin({ id: 'shape:place' })));
  await until(() => li.records.has('shape:place'));
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), pin({ props: { ...pin().props, text: words } })));
  await until(() => wang.closes.length > 0);
  const late = await server.connect('patient', documentId).synced();
  await wait(100);
  // Nor where pins are.
  for (const frame of [...received(), Buffer.from(Y.encodeStateAsUpdate(late.doc))])
    for (const secret of [words, 'shape:place']) expect(frame.includes(secret)).toBe(false);
});

test('[CO-12] an image that has just been shared is looked up, and what waits keeps its order', async () => {
  const door = gate();
  const shared = new Map([[ours, { scale: fileScale, frames: 1 }]]);
  const { li, wang, server, documentId } = await start(async () => {
    if (shared.size > 1) await door.pass();
    return new Map(shared);
  });
  const first = wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(ours)));
  await until(() => li.records.has('shape:one'));
  await wait(1100);
  shared.set(foreign, { scale: noScale, frames: 1 });
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(foreign, 'shape:two')));
  first.set('x', 99);
  await until(() => door.waiting() > 0);
  li.records.set('shape:three', new Y.Map());
  await until(() => wang.records.has('shape:three'));
  expect(li.records.has('shape:two')).toBe(false);
  door.open();
  await until(
    () => li.records.has('shape:two') && (li.records.get('shape:one') as Y.Map<unknown>).get('x') === 99
  );
  expect(server.collab.stats().connections).toBe(2);
  expect(documentId).toBeTruthy();
});

const at = new Date().toISOString();
const meta = (id: string, name: string) => ({ by: id, byName: name, at });

test('[BD-10] nobody makes anything in the name of another, nor takes what another made', async () => {
  const cases: [string, (doc: Y.Doc) => void][] = [
    ['in the name of li', (doc) => createRecord(recordsOf(doc), { ...xray(ours), meta: meta(liId, 'li') })],
    ["under li's name", (doc) => createRecord(recordsOf(doc), { ...xray(ours), meta: meta(wangId, 'li') })],
    ['over it', (doc) => recordsOf(doc).get('shape:li')!.set('meta', meta(wangId, 'wang'))],
    ['without it', (doc) => recordsOf(doc).get('shape:li')!.set('meta', {})],
    [
      'at another time',
      (doc) =>
        recordsOf(doc)
          .get('shape:li')!
          .set('meta', { ...meta(liId, 'li'), at: '2020-01-01T00:00:00Z' })
    ]
  ];
  for (const [way, write] of cases) {
    const { li, wang, refusals } = await start();
    li.doc.transact(() =>
      createRecord(recordsOf(li.doc), { ...xray(ours, 'shape:li'), meta: meta(liId, 'li') })
    );
    await until(() => wang.records.has('shape:li'));
    wang.doc.transact(() => write(wang.doc));
    await until(() => wang.closes.length > 0);
    expect([way, ...refusals]).toEqual([way, 'foreign-author']);
    expect((li.records.get('shape:li') as Y.Map<unknown>).get('meta')).toEqual(meta(liId, 'li'));
  }
});

test('[BD-10] who made something moves it along with what it lies on, and others may move it too', async () => {
  const { li, wang, refusals } = await start();
  const record = wang.doc.transact(() =>
    createRecord(recordsOf(wang.doc), { ...xray(ours), meta: meta(wangId, 'wang') })
  );
  await until(() => li.records.has('shape:one'));
  record.set('meta', { ...meta(wangId, 'wang'), imageId: ours });
  (li.records.get('shape:one') as Y.Map<unknown>).set('x', 5);
  await until(() => record.get('x') === 5);
  expect(refusals).toEqual([]);
});

const byWang: ShapeScale = {
  ...noScale,
  kind: 'user',
  rowMm: 0.2,
  columnMm: 0.2,
  by: 'wang',
  at,
  on: '5 mm'
};

test('[BD-11] millimetres come from the record, from what the scale was, or from who measured', async () => {
  const { li, wang, refusals } = await start();
  const record = wang.doc.transact(() =>
    createRecord(recordsOf(wang.doc), {
      ...xray(ours),
      props: { ...xray(ours).props, calibration: fileScale, earlier: [] }
    })
  );
  const set = (calibration: ShapeScale, earlier: ShapeScale[]) =>
    wang.doc.transact(() => {
      record.set('props.calibration', calibration);
      record.set('props.earlier', earlier);
    });
  set(byWang, [fileScale]);
  // Undone, and done again.
  set(fileScale, []);
  set(byWang, [fileScale]);
  const theirs = () => li.records.get('shape:one') as Y.Map<unknown> | undefined;
  await until(() => (theirs()?.get('props.earlier') as unknown[] | undefined)?.length === 1);
  expect(theirs()?.get('props.calibration')).toEqual(byWang);
  expect(refusals).toEqual([]);
});

test('[BD-11] a calibrated image that was deleted is brought back with its scales, by anybody, on a later day too', async () => {
  const { server, li, wang, refusals } = await start();
  const calibrated = (calibration: ShapeScale) => ({
    ...xray(ours),
    props: { ...xray(ours).props, calibration, earlier: [fileScale] }
  });
  const record = wang.doc.transact(() =>
    createRecord(recordsOf(wang.doc), {
      ...xray(ours),
      props: { ...xray(ours).props, calibration: fileScale }
    })
  );
  wang.doc.transact(() => {
    record.set('props.calibration', byWang);
    record.set('props.earlier', [fileScale]);
  });
  await until(() => li.records.has('shape:one'));
  const isBack = () =>
    (wang.records.get('shape:one') as Y.Map<unknown> | undefined)?.get('props.calibration') !== undefined;
  const restore = async (client: typeof li) => {
    client.records.delete('shape:one');
    await until(() => !wang.records.has('shape:one') && !li.records.has('shape:one'));
    // What li brings back says that wang measured it: the board knows.
    client.doc.transact(() => createRecord(recordsOf(client.doc), calibrated(byWang)));
    await until(() => isBack() && li.records.has('shape:one'));
  };
  await restore(li);
  await restore(wang);
  expect([refusals, li.closes, wang.closes]).toEqual([[], [], []]);
  wang.records.delete('shape:one');
  await until(() => !li.records.has('shape:one'));
  await server.collab.close();
  server.restart();
  await until(() => li.provider.synced && wang.provider.synced);
  li.doc.transact(() => createRecord(recordsOf(li.doc), calibrated(byWang)));
  await until(isBack);
  expect(refusals).toEqual([]);
  // Never its scale, not even on what was deleted.
  wang.records.delete('shape:one');
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), calibrated({ ...byWang, by: 'li' })));
  await until(() => refusals.length > 0);
  expect(refusals).toEqual(['unknown-scale']);
});

test('[BD-11] an image that was put there and calibrated twice while the line was down is taken', async () => {
  const { server, documentId, li } = await start();
  const doc = new Y.Doc();
  const first = { ...byWang, rowMm: 0.21, columnMm: 0.21 };
  const props = { ...xray(ours).props, calibration: byWang, earlier: [fileScale, first] };
  doc.transact(() => createRecord(recordsOf(doc), { ...xray(ours), props }));
  const wang = await server.connect('wang', documentId, { doc }).synced();
  await until(() => li.records.has('shape:one'));
  expect(wang.closes).toEqual([]);
});

test('[BD-20] frames that the image has may be shown and marked, every other is refused', async () => {
  const mark = (frame: unknown, imageId?: string): RawRecord => ({
    ...xray(ours),
    id: 'shape:mark',
    type: 'geo',
    props: {},
    meta: { frame, ...(imageId ? { imageId } : {}) }
  });
  const { li, wang, refusals } = await start();
  const shown = wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(ours)));
  shown.set('props.frame', 3);
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), mark(2, ours)));
  wang.doc.transact(() =>
    createRecord(recordsOf(wang.doc), pin({ meta: { ...(pin().meta as object), frame: 3 } }))
  );
  await until(() => li.records.has('shape:pin'));
  expect(refusals).toEqual([]);
  const cases: [string, (doc: Y.Doc) => void][] = [
    ['shown', (doc) => (recordsOf(doc).get('shape:one') as Y.Map<unknown>).set('props.frame', 4)],
    ['none', (doc) => (recordsOf(doc).get('shape:one') as Y.Map<unknown>).set('props.frame', 0)],
    ['words', (doc) => (recordsOf(doc).get('shape:one') as Y.Map<unknown>).set('props.frame', 'two')],
    ['marked', (doc) => createRecord(recordsOf(doc), mark(4, ours))],
    ['of no image', (doc) => createRecord(recordsOf(doc), mark(2))],
    ['pinned', (doc) => createRecord(recordsOf(doc), pin({ meta: { ...(pin().meta as object), frame: 9 } }))]
  ];
  for (const [what, write] of cases) {
    const next = await start();
    next.wang.doc.transact(() => createRecord(recordsOf(next.wang.doc), xray(ours)));
    await until(() => next.li.records.has('shape:one'));
    next.wang.doc.transact(() => write(next.wang.doc));
    await until(() => next.wang.closes.length > 0);
    expect([what, ...next.refusals]).toEqual([what, 'unknown-frame']);
  }
});

test('[BD-11] a scale that nobody answers for is refused', async () => {
  const cases: [string, Record<string, unknown>][] = [
    ['said to be in the file', { 'props.calibration': { ...fileScale, rowMm: 0.3 } }],
    ["said to be another's", { 'props.calibration': { ...byWang, by: 'li' } }],
    ['said to have been', { 'props.earlier': [{ ...fileScale, rowMm: 0.3 }] }],
    ['no scale at all', { 'props.calibration': 0.1 }]
  ];
  for (const [what, fields] of cases) {
    const { li, wang, refusals } = await start();
    const record = wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(ours)));
    await until(() => li.records.has('shape:one'));
    wang.doc.transact(() => Object.entries(fields).forEach(([field, value]) => record.set(field, value)));
    await until(() => wang.closes.length > 0);
    expect([what, ...refusals]).toEqual([what, 'unknown-scale']);
  }
});

test('[BD-14] a moment is named once, in nobody else’s name', async () => {
  const key = `moment:${newId()}`;
  const named = { name: '治疗前', by: wangId, byName: 'wang', at };
  const { li, wang, refusals } = await start();
  wang.doc.getMap('meta').set(key, named);
  await until(() => li.doc.getMap('meta').has(key));
  expect(refusals).toEqual([]);
  const cases: [string, string, unknown][] = [
    ['again', key, { ...named, name: '治疗后' }],
    ['for li', `moment:${newId()}`, { ...named, by: liId, byName: 'li' }],
    ['with more', `moment:${newId()}`, { ...named, note: 'x' }]
  ];
  for (const [what, at, value] of cases) {
    const world = await start();
    world.wang.doc.getMap('meta').set(key, named);
    await until(() => world.li.doc.getMap('meta').has(key));
    world.wang.doc.getMap('meta').set(at, value);
    await until(() => world.wang.closes.length > 0);
    expect([what, ...world.refusals]).toEqual([what, 'foreign-author']);
  }
});

test('[CO-12] strokes in progress and what lies on a new board are in order', async () => {
  const { li, wang } = await start();
  const record = wang.doc.transact(() =>
    createRecord(recordsOf(wang.doc), {
      id: 'shape:d',
      typeName: 'shape',
      type: 'draw',
      props: { segments: [] }
    })
  );
  const ink = new Y.Array<Uint8Array>();
  record.set('ink', ink);
  ink.push([new Uint8Array([1, 2, 3])]);
  ink.push([new Uint8Array([4, 5])]);
  wang.doc.getMap('meta').set('schema', pinnedSchema);
  await until(() => li.doc.getMap('meta').has('schema'));
  expect(((li.records.get('shape:d') as Y.Map<unknown>).get('ink') as Y.Array<Uint8Array>).length).toBe(2);
  record.delete('ink');
  li.records.delete('shape:d');
  await until(() => !wang.records.has('shape:d'));
  // Writes into what is already deleted are no content.
  record.set('x', 1);
  wang.doc.transact(() => createRecord(recordsOf(wang.doc), xray(ours)));
  await until(() => li.records.has('shape:one'));
});
