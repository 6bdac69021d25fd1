import * as v from 'valibot';

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
}

const stateSchema = v.object({
  user: v.object({
    id: v.pipe(v.string(), v.maxLength(64)),
    presenceId: v.pipe(v.string(), v.maxLength(96)),
    name: v.pipe(v.string(), v.maxLength(120)),
    color: v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/i)),
    role: v.pipe(v.string(), v.maxLength(32))
  }),
  presenting: v.optional(v.nullable(v.number()), null)
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
    people.push({ clientId, ...parsed.output.user, presentingSince: parsed.output.presenting });
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
