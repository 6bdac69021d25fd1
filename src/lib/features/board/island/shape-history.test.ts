import { computed, react, transact } from '@tldraw/state';
import { Store } from '@tldraw/store';
import {
  CameraRecordType,
  createShapeId,
  PageRecordType,
  type TLPageId,
  type TLShape,
  type TLShapeId,
  type TLStore
} from '@tldraw/tlschema';
import { describe, expect, it } from 'vitest';
import { random } from '../../../../../tests/support/random.ts';
import { boardSchema } from './schema.ts';
import { tellShapesApart } from './shape-history.ts';

const page = PageRecordType.createId('page');

function newStore({ apart }: { apart: boolean }): TLStore {
  const props = {
    defaultName: '',
    assets: { upload: () => Promise.reject(new Error('none')), resolve: () => null, remove: async () => {} },
    onMount: () => {}
  };
  const store = new Store({ schema: boardSchema(), props }) as TLStore;
  if (apart) tellShapesApart(store);
  store.put([PageRecordType.create({ id: page, name: '', index: 'a1' as never })]);
  return store;
}

const camera = (store: TLStore, x: number) =>
  store.put([CameraRecordType.create({ id: CameraRecordType.createId(page), x })]);

const stroke = (id: TLShapeId, parentId: TLPageId | TLShapeId = page) =>
  boardSchema().types.shape.create({
    id,
    parentId,
    type: 'group',
    index: 'a1' as never,
    props: {}
  } as never) as TLShape;

/** Everything that is reached from a change of the store, by name. */
function reached(store: TLStore): string[] {
  interface Node {
    name: string;
    children?: { visit(each: (child: Node) => void): void };
  }
  const found = new Set<Node>();
  const visit = (node: Node): void => {
    if (found.has(node)) return;
    found.add(node);
    node.children?.visit(visit);
  };
  visit(store.history as unknown as Node);
  return [...found].map(({ name }) => name);
}

describe('what hangs on shapes', () => {
  it('[BI-29] is not asked when something else changes', () => {
    const [plain, apart] = [newStore({ apart: false }), newStore({ apart: true })];
    for (const store of [plain, apart]) {
      const shapes = store.query.records('shape');
      react('draws shapes', () => void shapes.get());
    }
    expect(reached(plain)).toContain('draws shapes');
    expect(reached(apart)).not.toContain('draws shapes');
    expect(reached(apart)).not.toHaveLength(0);
  });

  it('[BI-29] is what tldraw itself works out, whatever is done', () => {
    const both = [newStore({ apart: false }), newStore({ apart: true })];
    const seen = both.map((store) => {
      const ids = store.query.ids('shape');
      const byParent = store.query.index('shape', 'parentId');
      const whole = computed('whole', () => ({
        ids: [...ids.get()].sort(),
        byParent: [...byParent.get()].map(([parent, own]) => `${parent}: ${[...own].sort().join()}`).sort(),
        records: store.query.records('shape').get().length,
        cameras: store.query.ids('camera').get().size
      }));
      const told: unknown[] = [];
      react('told', () => void told.push(whole.get()));
      return { whole, told };
    });
    for (let seed = 1; seed <= 20; seed++) {
      const pick = random(seed);
      for (let i = 0; i < 60; i++) {
        const [what, which, parent] = [pick(6), pick(12), pick(12)];
        const id = createShapeId(`s${which}`);
        both.forEach((store, at) => {
          const act = () => {
            if (what < 2) store.put([stroke(id, parent > 8 ? createShapeId(`s${parent}`) : page)]);
            else if (what === 2) store.remove([id]);
            else if (what === 3) camera(store, which);
            else
              transact(() => {
                store.put([stroke(id)]);
                // Seen at once, in the middle of a change.
                expect(seen[at]!.whole.get().ids).toContain(id);
                camera(store, i);
                if (what === 5) store.remove([id]);
              });
          };
          if (parent % 2) store.mergeRemoteChanges(act);
          else act();
        });
        expect(seen[1]!.whole.get()).toEqual(seen[0]!.whole.get());
      }
    }
    expect(seen[1]!.told.at(-1)).toEqual(seen[0]!.told.at(-1));
  });
});
