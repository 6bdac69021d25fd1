import { and, eq, isNull, ne, notInArray, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { expertListings } from '#lib/features/identity/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { lockForRequester } from './answer.server.ts';
import { listedExperts } from './ask.server.ts';
import { auditConsult } from './audit.server.ts';
import type { Specialty } from './consult.ts';
import { endOfDay, granteeOf, ownOrganisation, requireOfPatient } from './grants.server.ts';
import { readGuests, type GuestRow } from './guest-read.server.ts';
import { consultGuests } from './guest-tables.server.ts';
import { mayInviteGuests, mayLeave } from './policy.server.ts';
import { consultChanged, consultFor, openConsult, others, type ConsultRow } from './read.server.ts';
import type { GuestInput } from './schema.ts';
import { consultGrantItems } from './tables.server.ts';
import type { GuestChoice } from './views.ts';

/**
 * [CN-70] Who can be invited into this consult: the experts who can be asked today, of other organisations than the one
 * that asks, who are not in it yet.
 * @throws AppError `forbidden`, `not_found`, `room_not_open`
 */
export async function guestChoices(
  call: Call<never, MemberActor>,
  consultId: string
): Promise<GuestChoice[]> {
  return inTransaction(call, async (tx) => choices(tx, await openConsult(tx, consultId, mayInviteGuests)));
}

/**
 * [CN-70] Invite a further specialist and open exactly the chosen items to them, in one transaction. Whoever is invited
 * already stays so.
 * @returns the invitation's id
 * @throws AppError `forbidden`, `not_found` (also of an item of another patient), `room_not_open`, `expert_not_found`,
 * `grant_end_out_of_range`
 */
export async function inviteGuest(
  call: Call<never, MemberActor>,
  consultId: string,
  { userId, organisationId, reason, items, until }: GuestInput
): Promise<{ id: string }> {
  return inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (!mayInviteGuests(tx.actor, consult)) throw fail('room_not_open');
    const invited = (await readGuests(tx, consultId)).find(
      (one) => one.userId === userId && one.endedAt === null
    );
    if (invited) return { id: invited.id };
    const chosen = (await choices(tx, consult)).find(
      (one) => one.userId === userId && one.organisationId === organisationId
    );
    if (!chosen) throw fail('expert_not_found');
    await requireOfPatient(tx, consult.patientId, items);
    const [guest] = await tx.rows
      .insert(consultGuests)
      .values({
        ...{ id: newId(tx.now.getTime()), organisationId: consult.organisationId, createdAt: tx.now },
        ...{ consultId, userId, reason, guestOrganisationId: organisationId },
        guestOrganisationName: chosen.organisationName,
        ...{ name: chosen.name, title: chosen.title, specialty: chosen.specialty },
        ...{ invitedById: call.actor.userId, invitedByName: call.actor.name }
      })
      .returning();
    await openTo(tx, consult, guest!, { items, until });
    await auditConsult(tx, consult, 'guest.invite', {
      ...{ guest: userId, to: organisationId },
      items: items.map(({ kind }) => kind)
    });
    await tx.publish('guest.invited', consultId, { consultId, userIds: [userId], by: call.actor.name });
    await consultChanged(tx, consultId, 'guest.invited');
    return { id: guest!.id };
  });
}

/**
 * [CN-71] Take an invitation back: what it opened, their sockets and seat end with it (a trigger).
 * @throws AppError `forbidden`, `not_found` (also where it has ended already)
 */
export async function endGuest(
  call: Call<never, MemberActor>,
  consultId: string,
  guestId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    const [ended] = await tx.rows
      .update(consultGuests)
      .set(endedBy(call.actor))
      .where(
        and(
          eq(consultGuests.id, guestId),
          eq(consultGuests.consultId, consultId),
          isNull(consultGuests.endedAt)
        )
      )
      .returning({ userId: consultGuests.userId });
    if (!ended) throw fail('not_found');
    await auditConsult(tx, consult, 'guest.end', { guest: ended.userId });
    await tx.publish('guest.ended', consultId, { consultId, userIds: [ended.userId], by: call.actor.name });
    await consultChanged(tx, consultId, 'grant.ended');
  });
}

/** [CN-71] Decline an invitation, or leave again; the asking side is told. @throws AppError `forbidden`, `not_found` */
export async function leaveConsult(call: Call<never, MemberActor>, consultId: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    const { guest, organisationId } = consult;
    if (!guest || !mayLeave(tx.actor, consult)) throw fail('forbidden');
    await auditConsult(tx, consult, 'guest.leave');
    // First: with the row the grant ends, and the one who leaves may write nothing more of the consult.
    const userIds = others(tx.actor, consult.requesterId, guest.invitedById);
    await tx.publish('guest.left', consultId, { consultId, userIds, by: call.actor.name }, organisationId);
    await consultChanged(tx, consultId, 'grant.ended');
    await tx.rows.update(consultGuests).set(endedBy(call.actor)).where(eq(consultGuests.id, guest.id));
  });
}

const endedBy = (actor: MemberActor) => ({
  endedAt: sql`now()`,
  endedById: actor.userId,
  endedByName: actor.name
});

async function choices(tx: Tx, consult: ConsultRow): Promise<GuestChoice[]> {
  const there = (await readGuests(tx, consult.id)).flatMap((one) => (one.endedAt ? [] : [one.userId]));
  const listed = await listedExperts(
    tx,
    and(
      ne(expertListings.organisationId, consult.organisationId),
      notInArray(expertListings.userId, [...there, ...(consult.expertId ? [consult.expertId] : [])])
    )
  );
  return listed.map((one) => ({
    ...{ userId: one.userId, name: one.name, title: one.title, specialty: one.specialty as Specialty },
    ...{ organisationId: one.organisationId, organisationName: one.organisationName },
    organisationNameEn: one.organisationNameEn
  }));
}

/** The rows of a new grant: the consult, who the patient is, and what was left ticked. */
async function openTo(
  tx: Tx,
  consult: ConsultRow,
  guest: GuestRow,
  { items, until }: Pick<GuestInput, 'items' | 'until'>
): Promise<void> {
  const { grantDays } = await ownOrganisation(tx);
  const endsAt =
    until === null ? sql`now() + make_interval(days => ${grantDays})` : await endOfDay(tx, until);
  const opened = [
    { kind: 'consult' as const, itemId: null },
    { kind: 'identity' as const, itemId: null },
    // Each once, so that taken back it is gone.
    ...new Map(items.map((item) => [`${item.kind}:${item.itemId ?? ''}`, item])).values()
  ];
  await tx.rows.insert(consultGrantItems).values(
    opened.map(({ kind, itemId }) => ({
      organisationId: consult.organisationId,
      consultId: consult.id,
      patientId: consult.patientId,
      ...granteeOf(consult, guest),
      ...{ kind, itemId, purpose: 'consult' as const },
      // By the database's clock, which is the one that judges whether a grant is in force.
      startsAt: sql`now()`,
      endsAt
    }))
  );
}
