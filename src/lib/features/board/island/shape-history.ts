import { atom, transact } from '@tldraw/state';
import { AtomMap, type RecordsDiff, StoreQueries } from '@tldraw/store';
import type { TLRecord } from '@tldraw/tlschema';
import type { TLStore } from 'tldraw';

type Changes = RecordsDiff<TLRecord>;

/** What a board has thousands of. */
const manyOf = ['shape', 'binding'] as const;
/** As long as tldraw keeps what the whole store went through. */
const historyLength = 1_000;

/**
 * [BI-29] tldraw hangs what it works out of shapes on every change of the store, and asks each of them whether it was
 * that one: of ten thousand shapes at each step of the camera and each cursor of another person. From here on it hangs on changes of
 * shapes and bindings alone. To be called before anything is worked out.
 */
export function tellShapesApart({ history, query }: TLStore): void {
  const told = manyOf.map((typeName) => {
    const changed = atom<number, Changes>(`history of each ${typeName}`, history.get(), { historyLength });
    const filtered = new StoreQueries<TLRecord>(new AtomMap('not asked'), changed).filterHistory(typeName);
    return { typeName, changed, filtered };
  });

  const set = history.set.bind(history);
  history.set = (value, changes) =>
    transact(() => {
      for (const { typeName, changed } of told)
        if (!changes || hasOf(changes, typeName)) changed.set(value, changes);
      return set(value, changes);
    });

  const others = query.filterHistory.bind(query);
  query.filterHistory = ((typeName: TLRecord['typeName']) =>
    told.find((one) => one.typeName === typeName)?.filtered ?? others(typeName)) as typeof others;
}

function hasOf({ added, updated, removed }: Changes, typeName: string): boolean {
  // Ids begin with the name of their type.
  for (const part of [added, updated, removed])
    for (const id in part) if (id.startsWith(`${typeName}:`)) return true;
  return false;
}
