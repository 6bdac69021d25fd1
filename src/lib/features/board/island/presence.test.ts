import { atom } from '@tldraw/state';
import { Store } from '@tldraw/store';
import { type TLInstancePresence, type TLStore } from '@tldraw/tlschema';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates
} from 'y-protocols/awareness';
import * as Y from 'yjs';
import { bindPresence, presenceField } from './presence.ts';
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
  // Fills in what tldraw needs: a page, a pointer, a camera.
  store.mergeRemoteChanges(() => {});
  return store;
}

const others = (store: TLStore) =>
  store
    .allRecords()
    .filter((record): record is TLInstancePresence => record.typeName === 'instance_presence');

function person(name: string) {
  const store = newStore();
  const awareness = new Awareness(new Y.Doc());
  awareness.setLocalStateField('user', {
    id: name,
    presenceId: `${name}#1`,
    name,
    color: '#0d9488',
    role: 'expert'
  });
  const stop = bindPresence({
    store,
    awareness,
    user: atom('user', { id: name, name, color: '#0d9488' }),
    publish: true
  });
  return { store, awareness, stop };
}

function tell(from: Awareness, to: Awareness): void {
  applyAwarenessUpdate(to, encodeAwarenessUpdate(from, [from.clientID]), 'line');
}

function point(store: TLStore, x: number): void {
  const pointer = store.allRecords().find((record) => record.typeName === 'pointer');
  if (pointer) store.put([{ ...pointer, x, y: 5, lastActivityTimestamp: Date.now() }]);
}

describe('presence', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("[BI-10] shows another's cursor and takes it away when they leave", () => {
    const [a, b] = [person('a'), person('b')];
    point(a.store, 123.456);
    vi.advanceTimersByTime(60);
    tell(a.awareness, b.awareness);
    expect(others(b.store)).toHaveLength(1);
    expect(others(b.store)[0]).toMatchObject({ userName: 'a（专家）', cursor: { x: 123.5, y: 5 } });
    removeAwarenessStates(b.awareness, [a.awareness.clientID], 'line');
    expect(others(b.store)).toHaveLength(0);
    a.stop();
    b.stop();
  });

  it('[BI-10] goes out at most 20 times a second and not at all when nothing moves', () => {
    const a = person('a');
    vi.advanceTimersByTime(200);
    let sent = 0;
    a.awareness.on('update', () => sent++);
    for (let i = 0; i < 100; i++) {
      point(a.store, i);
      vi.advanceTimersByTime(10);
    }
    expect(sent).toBeGreaterThan(10);
    expect(sent).toBeLessThanOrEqual(21);
    vi.advanceTimersByTime(100);
    const before = sent;
    vi.advanceTimersByTime(2_000);
    expect(sent).toBe(before);
    a.stop();
  });

  it('[BI-10] passes over what is no presence', () => {
    const b = person('b');
    const stranger = new Awareness(new Y.Doc());
    stranger.setLocalStateField('user', { id: 'x', presenceId: 'x', name: 'x', color: '#000000', role: '' });
    stranger.setLocalStateField(presenceField, { cursor: { x: 'far' } });
    tell(stranger, b.awareness);
    expect(others(b.store)).toHaveLength(0);
    b.stop();
    stranger.destroy();
  });

  it('[BI-10] has no cursor of somebody who has not pointed anywhere', () => {
    const [a, b] = [person('a'), person('b')];
    vi.advanceTimersByTime(60);
    tell(a.awareness, b.awareness);
    expect(others(b.store)[0]?.cursor).toBeNull();
    a.stop();
    b.stop();
  });
});
