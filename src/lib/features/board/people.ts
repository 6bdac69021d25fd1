import * as v from 'valibot';

const finite = v.pipe(v.number(), v.finite());

/** A part of the board that somebody asks everyone to look at, page units. */
const look = v.object({
  /** When, by their own clock: tells one call from the next. */
  at: finite,
  x: finite,
  y: finite,
  w: v.pipe(finite, v.minValue(1)),
  h: v.pipe(finite, v.minValue(1))
});
export type LookCall = v.InferOutput<typeof look>;

/** Somebody who has the board open, in one tab. */
export interface BoardPerson {
  clientId: number;
  presenceId: string;
  id: string;
  name: string;
  color: string;
  role: string;
  /** When they asked everyone to follow, milliseconds since 1970 by their own clock; null: they do not. */
  presentingSince: number | null;
  /** Where they last asked everyone to look. */
  look: LookCall | null;
}

const stateSchema = v.object({
  user: v.object({
    id: v.pipe(v.string(), v.maxLength(64)),
    presenceId: v.pipe(v.string(), v.maxLength(96)),
    name: v.pipe(v.string(), v.maxLength(120)),
    color: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i)),
    role: v.pipe(v.string(), v.maxLength(32))
  }),
  presenting: v.optional(v.nullable(v.number()), null),
  look: v.fallback(v.optional(v.nullable(look), null), null)
});

/**
 * How often who is where goes out to each person. Everyone hears of everyone, so what goes out in all grows with the
 * square of the people: it is bounded, as places a second, between a shortest and a longest time.
 */
export const presencePace = { presenceMs: 50, slowestPresenceMs: 250, presencesASecond: 4_500 };

/** Between two messages to a person, milliseconds: up to 15 people 20 a second, 30 people 5, never fewer than 4. */
export function presencePaceMs(people: number, pace = presencePace): number {
  const bounded = (people ** 2 * 1_000) / pace.presencesASecond;
  return Math.min(pace.slowestPresenceMs, Math.max(pace.presenceMs, bounded));
}

/** Everyone in these awareness states who says who they are, in the order of their names. */
export function peopleOf(states: ReadonlyMap<number, unknown>): BoardPerson[] {
  const people: BoardPerson[] = [];
  for (const [clientId, state] of states) {
    const parsed = v.safeParse(stateSchema, state);
    if (!parsed.success) continue;
    const { user, presenting, look } = parsed.output;
    // A visiting patient is shown things, and leads nobody.
    const leads = user.role !== 'patient';
    people.push({
      clientId,
      ...user,
      presentingSince: leads ? presenting : null,
      look: leads ? look : null
    });
  }
  return people.sort((a, b) => a.name.localeCompare(b.name) || a.clientId - b.clientId);
}

/** Who asked last to be followed, apart from `ownPresenceId`. */
export function presenterOf(people: readonly BoardPerson[], ownPresenceId: string): BoardPerson | null {
  return people.reduce<BoardPerson | null>((latest, person) => {
    if (person.presentingSince === null || person.presenceId === ownPresenceId) return latest;
    return latest?.presentingSince != null && latest.presentingSince >= person.presentingSince
      ? latest
      : person;
  }, null);
}

/** Tells a new call to look from those that were made before one came, or were heard already. */
export class LookCalls {
  readonly #own: string;
  /** Of everyone seen so far, their last call. */
  readonly #heard = new Map<string, number>();

  constructor(ownPresenceId: string) {
    this.#own = ownPresenceId;
  }

  /** [BD-18] The newest call among these people that was not heard before; null: none. */
  heed(people: readonly BoardPerson[]): { name: string; look: LookCall } | null {
    let found: { name: string; look: LookCall } | null = null;
    for (const { presenceId, name, look } of people) {
      const before = this.#heard.get(presenceId);
      const at = look?.at ?? Number.NEGATIVE_INFINITY;
      this.#heard.set(presenceId, Math.max(at, before ?? at));
      // Who is seen for the first time may have called long ago.
      if (presenceId !== this.#own && before !== undefined && look && look.at > before)
        found = { name, look };
    }
    return found;
  }
}
