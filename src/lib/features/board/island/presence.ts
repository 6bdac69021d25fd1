import { type Signal, react } from '@tldraw/state';
import type { TLStore } from '@tldraw/tlschema';
import {
  InstancePresenceRecordType,
  type TLInstancePresence,
  createPresenceStateDerivation
} from '@tldraw/tlschema';
import { isEqual } from '@tldraw/utils';
import type { Awareness } from 'y-protocols/awareness';
import { isDraft } from '../drafts.ts';
import { peopleOf, presencePaceMs } from '../people.ts';
import { cursorName } from '../words.ts';
import { draftingOf } from './drafting.ts';
import { boardSchema } from './schema.ts';

/** The name of the awareness field that holds where a person is on the board. */
export const presenceField = 'board';

/** 20 a second: a cursor glides, and twelve people stay cheap. */
const publishMs = 50;

/** Bounds on what goes out: the server takes 16 kB a person. A laser's tail fades before it is longer. */
const maxSelected = 100;
const maxScribblePoints = 80;

export interface PresenceOptions {
  store: TLStore;
  awareness: Awareness;
  /** `id` is of this tab, so that one person's two devices see each other. */
  user: Signal<{ id: string; name: string; color: string }>;
  /** False: others are seen, one's own place is not told. */
  publish: boolean;
}

type Place = Omit<
  TLInstancePresence,
  'id' | 'typeName' | 'meta' | 'lastActivityTimestamp' | 'chatMessage' | 'userId' | 'userName' | 'color'
>;

/**
 * Lets cursors glide from place to place for as long as the next one takes to come, which is longer the more people
 * there are (island.css).
 */
export function bindGlide(element: HTMLElement, awareness: Awareness): () => void {
  const set = (): void =>
    element.style.setProperty('--cursor-glide', `${Math.ceil(presencePaceMs(awareness.getStates().size))}ms`);
  set();
  awareness.on('change', set);
  return () => awareness.off('change', set);
}

/** Tells others where the user is on the board and shows where they are: cursor, selection, view, laser. */
export function bindPresence({ store, awareness, user, publish }: PresenceOptions): () => void {
  const shown = new Set<number>();
  const stop = publish ? publishPlace(store, awareness, user) : () => {};
  const onChange = ({
    added,
    updated,
    removed
  }: {
    added: number[];
    updated: number[];
    removed: number[];
  }): void => {
    show([...added, ...updated], removed);
  };

  function show(present: readonly number[], gone: readonly number[]): void {
    const put: TLInstancePresence[] = [];
    const remove = [...gone];
    for (const clientId of present) {
      if (clientId === awareness.clientID) continue;
      const place = presenceOf(clientId, awareness.getStates().get(clientId));
      if (!place) remove.push(clientId);
      else if (
        !isEqual({ ...store.get(place.id), lastActivityTimestamp: 0 }, { ...place, lastActivityTimestamp: 0 })
      )
        put.push(place);
    }
    const ids = remove.filter((clientId) => shown.delete(clientId)).map(presenceId);
    if (!put.length && !ids.length) return;
    for (const place of put) shown.add(Number(place.id.slice(place.id.lastIndexOf(':') + 1)));
    store.mergeRemoteChanges(() => {
      if (put.length) store.put(put);
      if (ids.length) store.remove(ids);
    });
  }

  show([...awareness.getStates().keys()], []);
  awareness.on('change', onChange);
  return () => {
    stop();
    awareness.off('change', onChange);
    store.mergeRemoteChanges(() => store.remove([...shown].map(presenceId)));
  };
}

function presenceId(clientId: number): TLInstancePresence['id'] {
  return InstancePresenceRecordType.createId(String(clientId));
}

/** The presence in another's awareness state; null where there is none or it is not valid. */
function presenceOf(clientId: number, state: unknown): TLInstancePresence | null {
  // The server vouches for the name in `user`; what a browser says of itself on the board counts for its place only.
  const [person] = peopleOf(new Map([[clientId, state]]));
  const place = person && (state as Record<string, unknown>)[presenceField];
  if (!person || typeof place !== 'object' || place === null) return null;
  const record = {
    ...place,
    id: presenceId(clientId),
    typeName: 'instance_presence',
    userId: person.presenceId,
    userName: cursorName(person),
    color: person.color,
    chatMessage: '',
    meta: {},
    // By our own clock: theirs may be wrong, and tldraw hides who has been still for long.
    lastActivityTimestamp: Date.now()
  };
  try {
    return boardSchema().types.instance_presence.validate(record) as TLInstancePresence;
  } catch {
    // Another's browser may be of another version, or hostile: then that person has no cursor here.
    return null;
  }
}

function publishPlace(store: TLStore, awareness: Awareness, user: PresenceOptions['user']): () => void {
  const place = createPresenceStateDerivation(user)(store);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastSent = Number.NEGATIVE_INFINITY;
  let sent: Place | null = null;

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    const next = withoutDrafts(store, placeOf(place.get()));
    if (!next || isEqual(next, sent)) return;
    sent = next;
    lastSent = performance.now();
    awareness.setLocalStateField(presenceField, next);
  }

  const stop = react('board presence', () => {
    place.get();
    draftingOf(store).isOn.get();
    if (timer !== undefined) return;
    timer = setTimeout(send, Math.max(0, lastSent + publishMs - performance.now()));
  });
  return () => {
    stop();
    clearTimeout(timer);
    if (awareness.getLocalState()) awareness.setLocalStateField(presenceField, null);
  };
}

/** What others need, in few bytes: this goes out up to twenty times a second. */
function placeOf(presence: TLInstancePresence | null): Place | null {
  if (!presence) return null;
  const { brush, camera, currentPageId, cursor, followingUserId, screenBounds } = presence;
  return {
    brush,
    currentPageId,
    followingUserId,
    screenBounds,
    // Who has not pointed anywhere yet has no cursor to show.
    cursor:
      cursor && presence.lastActivityTimestamp
        ? { ...cursor, x: tenths(cursor.x), y: tenths(cursor.y) }
        : null,
    camera: camera && {
      x: tenths(camera.x),
      y: tenths(camera.y),
      z: Number(camera.z.toFixed(4))
    },
    selectedShapeIds: presence.selectedShapeIds.slice(0, maxSelected),
    scribbles: presence.scribbles.slice(-2).map((scribble) => ({
      ...scribble,
      points: scribble.points
        .slice(-maxScribblePoints)
        .map(({ x, y }) => ({ x: tenths(x), y: tenths(y), z: 0.5 }))
    }))
  };
}

/** A draft is not drawn for others by a cursor that traces it, nor told by its id. */
function withoutDrafts(store: TLStore, place: Place | null): Place | null {
  if (!place) return null;
  const isDrafting = draftingOf(store).isOn.get();
  return {
    ...place,
    selectedShapeIds: place.selectedShapeIds.filter((id) => !isDraft(store.get(id))),
    cursor: isDrafting ? null : place.cursor,
    brush: isDrafting ? null : place.brush
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
