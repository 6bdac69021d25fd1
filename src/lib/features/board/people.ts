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

/** How often who is where goes out to each person: so many messages a second to all together, none sooner than this. */
export const presencePace = { presenceMs: 50, presenceMessagesASecond: 180 };

/** Between two such messages to a person, milliseconds: up to nine people 20 a second, 30 people 6. */
export function presencePaceMs(people: number, pace = presencePace): number {
  return Math.max(pace.presenceMs, (people * 1_000) / pace.presenceMessagesASecond);
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
