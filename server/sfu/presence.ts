import type { RoomEvent } from './types.ts';

/** Somebody in a room: `session` tells one stay from the next of the same person. */
export interface Seat {
  room: string;
  identity: string;
  session: string;
}

export type PresenceChange = Omit<RoomEvent, 'at'>;

/**
 * The one difference function behind both webhooks and reconciliation. `recorded` is what has been told
 * so far, `actual` what the media server says now.
 */
export function diffPresence(
  recorded: readonly Pick<Seat, 'room' | 'identity'>[],
  actual: readonly Pick<Seat, 'room' | 'identity'>[]
): PresenceChange[] {
  const now = new Set(actual.map(keyOf));
  const before = new Set(recorded.map(keyOf));
  return [
    ...recorded
      .filter((seat) => !now.has(keyOf(seat)))
      .map((seat): PresenceChange => ({ room: seat.room, identity: seat.identity, kind: 'left' })),
    ...actual
      .filter((seat) => !before.has(keyOf(seat)))
      .map((seat): PresenceChange => ({ room: seat.room, identity: seat.identity, kind: 'joined' }))
  ];
}

/** JSON, because neither part is ours to forbid any character in. */
function keyOf(seat: Pick<Seat, 'room' | 'identity'>): string {
  return JSON.stringify([seat.room, seat.identity]);
}

const rememberedSessions = 2_000;

/**
 * What has been told about who is where. Webhooks come late, twice, in the wrong order or never; each
 * method takes one piece of news and returns only what changed by it. Time is counted in turns
 * (`begin()`), so that a listing begun before a webhook arrived does not undo it.
 */
export class Presence {
  readonly #seats = new Map<string, Seat & { changed: number }>();
  readonly #departed = new Map<string, number>();
  readonly #ended = new Set<string>();
  #turn = 0;

  /** Call before asking the media server for its listing; hand the number to `settle`. */
  begin(): number {
    return ++this.#turn;
  }

  recorded(): Seat[] {
    return [...this.#seats.values()].map(({ room, identity, session }) => ({ room, identity, session }));
  }

  /** What a former run of the app had told. */
  seed(seats: readonly { room: string; identity: string }[]): void {
    for (const seat of seats)
      if (!this.#seats.has(keyOf(seat))) this.#seats.set(keyOf(seat), { ...seat, session: '', changed: 0 });
  }

  joined(seat: Seat): PresenceChange[] {
    // "left" overtook "joined": that stay is over already.
    if (this.#ended.has(seat.session)) return [];
    const key = keyOf(seat);
    const before = this.#seats.get(key);
    this.#seats.set(key, { ...seat, changed: ++this.#turn });
    this.#departed.delete(key);
    return before ? [] : [{ room: seat.room, identity: seat.identity, kind: 'joined' }];
  }

  left(seat: Seat): PresenceChange[] {
    this.#remember(seat.session);
    const key = keyOf(seat);
    const current = this.#seats.get(key);
    if (!current) return [];
    // The same person came back before the end of the former stay was told.
    if (current.session !== '' && current.session !== seat.session) return [];
    this.#drop(key);
    return [{ room: seat.room, identity: seat.identity, kind: 'left' }];
  }

  finished(room: string): PresenceChange[] {
    const gone: PresenceChange[] = [];
    for (const [key, seat] of this.#seats)
      if (seat.room === room) {
        this.#remember(seat.session);
        this.#drop(key);
        gone.push({ room, identity: seat.identity, kind: 'left' });
      }
    return [...gone, { room, identity: null, kind: 'room_finished' }];
  }

  /** A whole listing, begun at turn `since`. Whatever changed after that is newer than the listing. */
  settle(actual: readonly Seat[], since: number): PresenceChange[] {
    const settled = [...this.#seats.entries()].filter(([, seat]) => seat.changed <= since);
    const listed = actual.filter((seat) => {
      const known = this.#seats.get(keyOf(seat));
      if (known) return known.changed <= since;
      return (this.#departed.get(keyOf(seat)) ?? 0) <= since && !this.#ended.has(seat.session);
    });
    const changes = diffPresence(
      settled.map(([, seat]) => seat),
      listed
    );
    const present = new Map(listed.map((seat) => [keyOf(seat), seat]));
    for (const [key, seat] of settled)
      if (!present.has(key)) {
        if (seat.session) this.#remember(seat.session);
        this.#seats.delete(key);
      }
    for (const [key, seat] of present) this.#seats.set(key, { ...seat, changed: since });
    for (const [key, turn] of this.#departed) if (turn <= since) this.#departed.delete(key);
    return changes;
  }

  #drop(key: string): void {
    this.#seats.delete(key);
    this.#departed.set(key, ++this.#turn);
  }

  #remember(session: string): void {
    if (session === '') return;
    this.#ended.add(session);
    // Oldest first: a Set keeps the order of insertion.
    for (const oldest of this.#ended) {
      if (this.#ended.size <= rememberedSessions) break;
      this.#ended.delete(oldest);
    }
  }
}
