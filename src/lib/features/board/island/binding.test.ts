import { Store } from '@tldraw/store';
import {
  type TLRecord,
  type TLShape,
  type TLShapeId,
  type TLStore,
  createShapeId,
  PageRecordType,
  DocumentRecordType,
  TLDOCUMENT_ID
} from '@tldraw/tlschema';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { readBoard, recordsOf } from '../format.ts';
import { type Binding, bindStore } from './binding.ts';
import { boardSchema } from './schema.ts';

function newStore(): TLStore {
  const store = new Store({
    schema: boardSchema(),
    props: {
      defaultName: '',
      assets: {
        upload: () => Promise.reject(new Error('none')),
        resolve: () => null,
        remove: () => Promise.resolve()
      },
      onMount: () => {}
    }
  }) as TLStore;
  return store;
}

interface Peer {
  store: TLStore;
  doc: Y.Doc;
  binding: Binding;
  /** Bytes of all updates this peer sent. */
  sent: number;
}

/** Peers whose documents are joined by a line that can be cut. */
function world(count: number, options: { readonly?: boolean } = {}) {
  const peers: Peer[] = [];
  let connected = true;
  for (let i = 0; i < count; i++) {
    const doc = new Y.Doc();
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'line') return;
      const self = peers.find((peer) => peer.doc === doc);
      if (self) self.sent += update.byteLength;
      if (connected) for (const peer of peers) if (peer.doc !== doc) Y.applyUpdate(peer.doc, update, 'line');
    });
    if (peers[0]) Y.applyUpdate(doc, Y.encodeStateAsUpdate(peers[0].doc), 'line');
    const store = newStore();
    if (i === 0)
      store.put([
        DocumentRecordType.create({ id: TLDOCUMENT_ID }),
        PageRecordType.create({ id: PageRecordType.createId('page'), name: '', index: 'a1' as never })
      ]);
    const peer: Peer = {
      store,
      doc,
      sent: 0,
      binding: bindStore({ store, doc, flushMs: 0, readonly: (options.readonly ?? false) && i > 0 })
    };
    peers.push(peer);
  }
  return {
    peers: peers as [Peer, Peer, ...Peer[]],
    flush: () => peers.forEach((peer) => peer.binding.flush()),
    cut: () => (connected = false),
    join() {
      connected = true;
      for (const a of peers)
        for (const b of peers)
          if (a !== b) Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)), 'line');
    }
  };
}

function geo(id: TLShapeId, x = 0): TLShape {
  return boardSchema().types.shape.create({
    id,
    type: 'geo',
    parentId: PageRecordType.createId('page'),
    index: 'a1' as never,
    x,
    props: {
      geo: 'rectangle',
      w: 100,
      h: 100,
      dash: 'draw',
      color: 'black',
      labelColor: 'black',
      fill: 'none',
      size: 'm',
      font: 'draw',
      align: 'middle',
      verticalAlign: 'middle',
      url: '',
      growY: 0,
      scale: 1,
      richText: { type: 'doc', content: [] }
    }
  } as never) as TLShape;
}

function stroke(id: TLShapeId, points: { x: number; y: number; z: number }[], isComplete: boolean): TLShape {
  return boardSchema().types.shape.create({
    id,
    type: 'draw',
    parentId: PageRecordType.createId('page'),
    index: 'a2' as never,
    props: {
      color: 'yellow',
      fill: 'none',
      dash: 'solid',
      size: 's',
      isComplete,
      isClosed: false,
      isPen: false,
      scale: 1,
      segments: [{ type: 'free', points }]
    }
  } as never) as TLShape;
}

function contents(store: TLStore): TLRecord[] {
  return store
    .allRecords()
    .filter((record) => store.scopedTypes.document.has(record.typeName))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const one = createShapeId('one');
const two = createShapeId('two');

describe('store and document', () => {
  it('[BI-1] brings a shape, its change and its removal to the other store', () => {
    const {
      peers: [a, b],
      flush
    } = world(2);
    a.store.put([geo(one)]);
    flush();
    expect(b.store.get(one)).toEqual(a.store.get(one));
    b.store.update(one, (shape) => ({ ...shape, x: 7 }));
    flush();
    expect(a.store.get(one)?.x).toBe(7);
    a.store.remove([one]);
    flush();
    expect(b.store.has(one)).toBe(false);
    expect(recordsOf(b.doc).has(one)).toBe(false);
  });

  it('[BI-2] lets two people change different fields of one shape and keeps both', () => {
    const {
      peers: [a, b],
      flush,
      cut,
      join
    } = world(2);
    a.store.put([geo(one)]);
    flush();
    cut();
    a.store.update(one, (shape) => ({ ...shape, x: 50 }));
    b.store.update(one, (shape) => ({ ...shape, props: { ...shape.props, w: 333 } }) as TLShape);
    flush();
    join();
    for (const store of [a.store, b.store]) {
      expect(store.get(one)?.x).toBe(50);
      expect((store.get(one)?.props as { w: number }).w).toBe(333);
    }
    expect(contents(a.store)).toEqual(contents(b.store));
  });

  it('[BI-2] keeps what is being dragged here when the same shape changes there', () => {
    const {
      peers: [a, b]
    } = world(2);
    a.store.put([geo(one)]);
    a.binding.flush();
    b.binding.destroy();
    const slow = bindStore({ store: b.store, doc: b.doc, flushMs: 60_000, readonly: false });
    b.store.update(one, (shape) => ({ ...shape, x: 1 }));
    slow.flush();
    b.store.update(one, (shape) => ({ ...shape, x: 9 }));
    a.store.update(one, (shape) => ({ ...shape, y: 4 }));
    a.binding.flush();
    expect(b.store.get(one)).toMatchObject({ x: 9, y: 4 });
    expect(a.store.get(one)).toMatchObject({ x: 1, y: 4 });
    slow.flush();
    expect(a.store.get(one)).toMatchObject({ x: 9, y: 4 });
    slow.destroy();
  });

  it('[BI-2] marks what others did as remote', () => {
    const {
      peers: [a, b],
      flush
    } = world(2);
    const user: string[] = [];
    b.store.listen(({ changes }) => user.push(...Object.keys(changes.added)), {
      source: 'user',
      scope: 'document'
    });
    a.store.put([geo(one)]);
    flush();
    expect(b.store.has(one)).toBe(true);
    expect(user).toEqual([]);
  });

  it('[BI-1] writes one transaction a flush', () => {
    const {
      peers: [a]
    } = world(2);
    a.binding.destroy();
    const binding = bindStore({ store: a.store, doc: a.doc, flushMs: 1e9, readonly: false });
    a.store.put([geo(createShapeId('first'))]);
    let updates = 0;
    a.doc.on('update', () => updates++);
    for (let i = 0; i < 50; i++) a.store.put([geo(createShapeId(`s${i}`), i)]);
    expect(updates).toBeLessThanOrEqual(1);
    binding.flush();
    expect(updates).toBeLessThanOrEqual(2);
    expect(readBoard(a.doc).filter((record) => record.typeName === 'shape')).toHaveLength(51);
    binding.destroy();
  });

  it('[BI-7] writes nothing where it may only read, and shows all the same', () => {
    const {
      peers: [a, b],
      flush
    } = world(2, { readonly: true });
    a.store.put([geo(one)]);
    flush();
    expect(b.store.has(one)).toBe(true);
    b.store.update(one, (shape) => ({ ...shape, x: 1 }));
    flush();
    expect(b.sent).toBe(0);
    expect(a.store.get(one)?.x).toBe(0);
  });

  it('[BI-3] merges what two people drew while the line was down', () => {
    const {
      peers: [a, b],
      flush,
      cut,
      join
    } = world(2);
    cut();
    a.store.put([geo(createShapeId('mine'))]);
    b.store.put([geo(createShapeId('yours'))]);
    flush();
    join();
    expect(contents(a.store)).toEqual(contents(b.store));
    expect(a.store.has(createShapeId('yours'))).toBe(true);
  });

  it.each([
    ['a shape of a type it does not know', { ...geo(one), type: 'hologram' }],
    ['a page to embed', { ...geo(one), type: 'embed', props: { url: 'https://example.org', w: 1, h: 1 } }],
    ['a prop of the wrong type', { ...geo(one), props: { ...geo(one).props, w: 'wide' } }],
    ['a camera of somebody', { id: 'camera:page:page', typeName: 'camera', x: 0, y: 0, z: 1, meta: {} }]
  ])('[BI-4] sets aside %s, counts it and goes on', (_what, bad) => {
    const {
      peers: [a, b],
      flush
    } = world(2);
    const target = new Y.Map(
      Object.entries(bad).flatMap(([key, value]) =>
        key === 'props'
          ? Object.entries(value).map(([k, x]) => [`props.${k}`, x] as [string, unknown])
          : [[key, value] as [string, unknown]]
      )
    );
    recordsOf(b.doc).set(String(bad.id), target as never);
    expect(a.binding.setAside.size).toBe(1);
    expect(a.store.has(bad.id as TLShapeId)).toBe(false);
    a.store.put([geo(createShapeId('next'))]);
    flush();
    expect(b.store.has(createShapeId('next'))).toBe(true);
    expect(recordsOf(a.doc).has(String(bad.id))).toBe(true);
  });
});

describe('strokes', () => {
  const points = Array.from({ length: 300 }, (_, i) => ({
    x: Math.round((i * 3.1 + Math.sin(i / 9) * 40) * 100) / 100,
    y: Math.round(Math.cos(i / 13) * 12_000) / 100,
    z: 0.5
  }));

  function draw(
    peer: Peer,
    id: TLShapeId,
    pointsPerFlush: number,
    onFlush: (drawn: number) => void = () => {}
  ) {
    peer.store.put([stroke(id, points.slice(0, 1), false)]);
    peer.binding.flush();
    for (let n = 1 + pointsPerFlush; ; n += pointsPerFlush) {
      const drawn = Math.min(n, points.length);
      peer.store.update(
        id,
        (shape) =>
          ({
            ...shape,
            props: { ...shape.props, segments: [{ type: 'free', points: points.slice(0, drawn) }] }
          }) as TLShape
      );
      peer.binding.flush();
      onFlush(drawn);
      if (drawn === points.length) break;
    }
    peer.store.update(id, (shape) => ({ ...shape, props: { ...shape.props, isComplete: true } }) as TLShape);
    peer.binding.flush();
  }

  const seenPoints = (peer: Peer) =>
    (peer.store.get(one)?.props as { segments: { points: object[] }[] }).segments[0]!.points;

  it('[BI-5] shows every point on the other side while it is drawn', () => {
    const {
      peers: [a, b]
    } = world(2);
    draw(a, one, 15, (drawn) => {
      expect(seenPoints(b)).toHaveLength(drawn);
      expect(seenPoints(b).at(-1)).toEqual(points[drawn - 1]);
    });
    expect(b.store.get(one)).toEqual(a.store.get(one));
    expect(readBoard(a.doc)).toEqual(readBoard(b.doc));
    expect(recordsOf(a.doc).get(one)!.has('ink')).toBe(false);
  });

  it('[BI-5] sends a 300-point stroke in at most 20 kB, a hundred flushes or not', () => {
    const {
      peers: [a]
    } = world(2);
    const before = a.sent;
    draw(a, one, 3);
    const bytes = a.sent - before;
    expect(bytes).toBeLessThan(20_000);
  });

  it('[BI-5] shows an unfinished stroke to who comes later, and keeps it when its author is gone', () => {
    const {
      peers: [a]
    } = world(1);
    a.store.put([stroke(one, points.slice(0, 1), false)]);
    a.store.update(
      one,
      (shape) =>
        ({
          ...shape,
          props: { ...shape.props, segments: [{ type: 'free', points: points.slice(0, 120) }] }
        }) as TLShape
    );
    a.binding.flush();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(a.doc));
    const store = newStore();
    bindStore({ store, doc, readonly: false });
    expect((store.get(one)?.props as { segments: { points: object[] }[] }).segments[0]!.points).toHaveLength(
      120
    );
  });

  it('[BI-5] takes back a stroke that is called off', () => {
    const {
      peers: [a, b],
      flush
    } = world(2);
    a.store.put([stroke(one, points.slice(0, 30), false)]);
    flush();
    a.store.remove([one]);
    flush();
    expect(b.store.has(one)).toBe(false);
  });
});

describe('drafts', () => {
  const draft = (shape: TLShape, is: boolean): TLShape => ({ ...shape, meta: is ? { draft: true } : {} });
  const done = (id: TLShapeId) => stroke(id, [{ x: 1, y: 2, z: 0.5 }], true);

  it('[BD-17] stay here until they are shown, then go out in one piece; taken back, they are gone for the others', () => {
    const {
      peers: [a, b],
      flush
    } = world(2);
    const before = a.sent;
    a.store.put([draft(done(one), true), draft(done(two), true)]);
    flush();
    a.store.update(one, (shape) => ({ ...shape, x: 77 }));
    flush();
    expect([a.sent, readBoard(a.doc).length]).toEqual([before, 2]);

    let updates = 0;
    b.doc.on('update', () => updates++);
    a.store.put([draft(a.store.get(one)!, false), draft(a.store.get(two)!, false)]);
    flush();
    expect(updates).toBe(1);
    expect(b.store.get(one)).toMatchObject({ x: 77, meta: {} });
    expect(b.store.has(two)).toBe(true);

    a.store.put([draft(a.store.get(one)!, true)]);
    flush();
    expect([a.store.has(one), b.store.has(one), b.store.has(two)]).toEqual([true, false, true]);
  });

  it('[BD-17] take along what lies on them', () => {
    const {
      peers: [a, b],
      flush
    } = world(2);
    a.store.put([draft(done(one), true), { ...done(two), parentId: one }]);
    flush();
    expect(recordsOf(a.doc).has(two)).toBe(false);
    a.store.put([draft(a.store.get(one)!, false)]);
    flush();
    expect(b.store.get(two)?.parentId).toBe(one);
  });
});
