import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Actor } from '#lib/kernel/actor.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { grantView } from './grant.ts';
import { consultGuests } from './guest-tables.server.ts';
import type { consultGrantItems } from './tables.server.ts';
import type { GuestView } from './views.ts';

export type GuestRow = typeof consultGuests.$inferSelect;
type GrantRow = typeof consultGrantItems.$inferSelect;

/** [CN-70] The actor's own invitations that stand and whose grant is in force, as row-level security shows them. */
async function invitationsOf(tx: Tx, consultId?: string): Promise<GuestRow[]> {
  const { actor } = tx;
  if (actor.kind !== 'member' || actor.role !== 'expert') return [];
  return tx.rows
    .select()
    .from(consultGuests)
    .where(
      and(
        eq(consultGuests.userId, actor.userId),
        eq(consultGuests.guestOrganisationId, actor.organisationId),
        isNull(consultGuests.endedAt),
        consultId === undefined ? undefined : eq(consultGuests.consultId, consultId)
      )
    );
}

/** The actor's invitation to this consult; null: none that stands. */
export async function guestIn(tx: Tx, consultId: string): Promise<GuestRow | null> {
  return (await invitationsOf(tx, consultId))[0] ?? null;
}

/** The actor's invitations by consult. */
export async function guestsByConsult(tx: Tx): Promise<ReadonlyMap<string, GuestRow>> {
  return new Map((await invitationsOf(tx)).map((row) => [row.consultId, row]));
}

/** Everyone who was invited, as far as row-level security shows it, the first first. */
export async function readGuests(tx: Tx, consultId: string): Promise<GuestRow[]> {
  return tx.rows
    .select()
    .from(consultGuests)
    .where(eq(consultGuests.consultId, consultId))
    .orderBy(asc(consultGuests.createdAt), asc(consultGuests.id));
}

/** [CN-70] What of a consult's grants is opened to the actor; of the asking side, to the expert. */
export function ownGrant(rows: readonly GrantRow[], actor: Actor, side: string): GrantRow[] {
  return side === 'guest' && actor.kind === 'member'
    ? rows.filter((row) => row.guestId !== null && row.granteeUserId === actor.userId)
    : rows.filter((row) => row.guestId === null);
}

/** [CN-70] The invited, with what is open to each where their reader is of the asking side. */
export function guestViews(
  guests: readonly GuestRow[],
  rows: readonly GrantRow[],
  { asking, actor, ...when }: { asking: boolean; actor: Actor; now: Date; days: number }
): GuestView[] {
  return guests
    .filter((guest) => asking || guest.endedAt === null)
    .map((guest) => ({
      ...{ id: guest.id, userId: guest.userId, name: guest.name, title: guest.title },
      ...{ specialty: guest.specialty, organisation: guest.guestOrganisationName },
      ...{ reason: guest.reason, invitedByName: guest.invitedByName },
      self: actor.kind === 'member' && guest.userId === actor.userId,
      left: guest.endedById === guest.userId,
      grant: asking
        ? grantView(
            rows.filter((row) => row.guestId === guest.id),
            when
          )
        : null
    }));
}
