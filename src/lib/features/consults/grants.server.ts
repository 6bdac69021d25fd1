import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { images } from '#lib/features/imaging/tables.server.ts';
import { notes } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { auditConsult } from './audit.server.ts';
import { askedExpertIds } from './answer.server.ts';
import type { GrantItem } from './consult.ts';
import { readGuests, type GuestRow } from './guest-read.server.ts';
import { mayChangeGrant, mayChangeGrantDays } from './policy.server.ts';
import { consultChanged, consultFor, others, type ConsultRow } from './read.server.ts';
import type { GrantAddInput, GrantEndInput } from './schema.ts';
import { consultGrantItems } from './tables.server.ts';

/**
 * End the whole grant now: files, board, messages and seat of the expert's side close within a second.
 * @throws AppError `not_found`, `forbidden`, `conflict` (nothing is open)
 */
export async function endGrant(call: Call<never, MemberActor>, consultId: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForGrant(tx, consultId);
    const ended = await tx.rows
      .update(consultGrantItems)
      .set(takenBack(call.actor))
      .where(and(inForce(consultId), isOf(null)))
      .returning({ id: consultGrantItems.id });
    if (ended.length === 0) throw fail('conflict');
    await told(tx, consult, {
      ...{ topic: 'grant.ended', action: 'grant.end', guest: null },
      detail: { items: ended.length }
    });
    await tx.live({ topic: 'access', name: 'grant.ended', data: { consultId } });
  });
}

/**
 * Take one thing back, from the expert or an invited specialist: this image, this note, the medication. Who the patient
 * is goes with the whole alone.
 * @throws AppError `not_found` (also where it is back already), `forbidden`
 */
export async function takeBack(
  call: Call<never, MemberActor>,
  consultId: string,
  grantItemId: string
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForGrant(tx, consultId);
    const [gone] = await tx.rows
      .update(consultGrantItems)
      .set(takenBack(call.actor))
      .where(
        and(
          inForce(consultId),
          eq(consultGrantItems.id, grantItemId),
          sql`${consultGrantItems.kind} not in ('consult', 'identity')`
        )
      )
      .returning({
        guestId: consultGrantItems.guestId,
        ...{ kind: consultGrantItems.kind, itemId: consultGrantItems.itemId }
      });
    if (!gone) throw fail('not_found');
    const { guestId, ...detail } = gone;
    const guest = guestId === null ? null : await guestOf(tx, consultId, guestId);
    await told(tx, consult, { topic: 'grant.changed', action: 'grant.take-back', guest, detail });
  });
}

/**
 * Another end, of the expert's grant or an invited specialist's: the end of `day` on the organisation's calendar, at most as late as a grant made now would end.
 * A grant that ended by time is open again with it; one that was ended is not.
 * @param day `2026-12-01`
 * @throws AppError `not_found`, `forbidden`, `grant_end_out_of_range`, `conflict` (nothing to change)
 */
export async function changeGrantEnd(
  call: Call<never, MemberActor>,
  consultId: string,
  { day, guestId = null }: GrantEndInput
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForGrant(tx, consultId);
    const guest = guestId === null ? null : await guestOf(tx, consultId, guestId);
    const changed = await tx.rows
      .update(consultGrantItems)
      .set({ endsAt: await endOfDay(tx, day) })
      .where(
        and(
          eq(consultGrantItems.consultId, consultId),
          isOf(guestId),
          eq(consultGrantItems.purpose, 'consult'),
          isNull(consultGrantItems.revokedAt)
        )
      )
      .returning({ endsAt: consultGrantItems.endsAt });
    if (changed.length === 0) throw fail('conflict');
    await told(tx, consult, {
      topic: 'grant.changed',
      action: 'grant.change-end',
      guest,
      detail: { until: changed[0]!.endsAt.toISOString() }
    });
  });
}

/**
 * The end of a day on the organisation's calendar, no later than a grant made now would end.
 * @throws AppError `grant_end_out_of_range`
 */
export async function endOfDay(tx: Tx, day: string): Promise<Date> {
  const own = await ownOrganisation(tx);
  const { rows } = await tx.rows.execute<{ ends_at: Date; fits: boolean }>(sql`
    select least(wanted, latest) as ends_at, wanted > now() and wanted <= latest + interval '1 day' as fits
      from (select ((${day}::date + 1)::timestamp at time zone ${own.timeZone}) as wanted,
                   now() + make_interval(days => ${own.grantDays}) as latest) x`);
  if (!rows[0]!.fits) throw fail('grant_end_out_of_range', { days: own.grantDays });
  return new Date(rows[0]!.ends_at);
}

/**
 * Open more of the same patient, or open it again, until the grant ends; where nothing is open any more, from now
 * for as long as a new grant would be.
 * @throws AppError `not_found` (of another patient, or withdrawn), `forbidden`
 */
export async function addToGrant(
  call: Call<never, MemberActor>,
  consultId: string,
  { items, reason, guestId = null }: GrantAddInput
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await lockForGrant(tx, consultId);
    await requireOfPatient(tx, consult.patientId, items);
    const guest = guestId === null ? null : await guestOf(tx, consultId, guestId);
    const added = await open(tx, consult, { items, reason, again: true, guest });
    if (added.length > 0) await news(tx, consult, 'grant.changed', guest);
  });
}

/**
 * Rows for what is not open yet, in the transaction of the caller, audited one by one.
 * @param options.again  also where nothing is open any more: a decision of its own, not one of laying a picture down
 * @returns what was added
 * @throws AppError `grant_not_open`
 */
export async function open(
  tx: Tx,
  consult: ConsultRow,
  {
    items,
    reason,
    again,
    guest = null
  }: { items: readonly GrantItem[]; reason: string | null; again: boolean; guest?: GuestRow | null }
): Promise<GrantItem[]> {
  const own = await ownOrganisation(tx);
  const held = await tx.rows
    .select()
    .from(consultGrantItems)
    .where(and(inForce(consult.id), isOf(guest?.id ?? null)));
  const whole = held.find((row) => row.kind === 'consult');
  if (!whole && !again) throw fail('grant_not_open');
  const wanted = whole
    ? items
    : [{ kind: 'consult' as const, itemId: null }, { kind: 'identity' as const, itemId: null }, ...items];
  const missing = wanted.filter(
    (item) => !held.some((row) => row.kind === item.kind && row.itemId === item.itemId)
  );
  if (missing.length === 0) return [];
  const latest = sql`now() + make_interval(days => ${own.grantDays})`;
  await tx.rows.insert(consultGrantItems).values(
    missing.map(({ kind, itemId }) => ({
      organisationId: consult.organisationId,
      consultId: consult.id,
      patientId: consult.patientId,
      ...granteeOf(consult, guest),
      kind,
      itemId,
      purpose: 'consult' as const,
      reason,
      // By the database's clock, which is the one that judges whether a grant is in force.
      startsAt: sql`now()`,
      endsAt: whole ? sql`least(${whole.endsAt.toISOString()}::timestamptz, ${latest})` : latest
    }))
  );
  const added = missing.filter((item): item is GrantItem => item.kind !== 'consult');
  for (const { kind, itemId } of added)
    await tx.audit({
      action: 'grant.add',
      subject: { type: kind, id: itemId ?? consult.id },
      patientId: consult.patientId,
      consultId: consult.id,
      detail: guest ? { guest: guest.userId } : {}
    });
  await consultChanged(tx, consult.id, 'grant.added');
  return added;
}

/** One patient's consult never opens another patient's picture or note. @throws AppError `not_found` */
export async function requireOfPatient(
  tx: Tx,
  patientId: string,
  items: readonly { kind: string; itemId: string | null }[]
): Promise<void> {
  const idsOf = (kind: string) => [
    ...new Set(items.flatMap((item) => (item.kind === kind && item.itemId ? [item.itemId] : [])))
  ];
  const imageIds = idsOf('image');
  const noteIds = idsOf('note');
  const foundImages = imageIds.length
    ? await tx.rows
        .select({ id: images.id })
        .from(images)
        .where(and(inArray(images.id, imageIds), eq(images.patientId, patientId), isNull(images.withdrawnAt)))
    : [];
  const foundNotes = noteIds.length
    ? await tx.rows
        .select({ id: notes.id })
        .from(notes)
        .where(and(inArray(notes.id, noteIds), eq(notes.patientId, patientId)))
    : [];
  if (foundImages.length !== imageIds.length || foundNotes.length !== noteIds.length) throw fail('not_found');
}

/** [CN-19] Days after which a grant of this organisation ends by itself. @throws AppError `forbidden` */
export async function readGrantDays(call: Call<never, MemberActor>): Promise<number> {
  if (!mayChangeGrantDays(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => (await ownOrganisation(tx)).grantDays);
}

/** For grants made or changed from now on; those in force keep their end. @throws AppError `forbidden` */
export async function changeGrantDays(call: Call<never, MemberActor>, days: number): Promise<void> {
  if (!mayChangeGrantDays(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    await tx.rows
      .update(organisations)
      .set({ grantDays: days })
      .where(eq(organisations.id, call.actor.organisationId));
    await tx.audit({
      action: 'organisation.grant-days',
      subject: { type: 'organisation', id: call.actor.organisationId },
      detail: { days }
    });
  });
}

export async function ownOrganisation(tx: Tx) {
  const [own] = await tx.rows
    .select()
    .from(organisations)
    .where(eq(organisations.id, tx.actor.organisationId));
  if (!own) throw fail('not_found');
  return own;
}

/** To whom a row opens something. */
export function granteeOf(consult: ConsultRow, guest: GuestRow | null) {
  return guest
    ? {
        guestId: guest.id,
        granteeOrganisationId: guest.guestOrganisationId,
        granteeUserId: guest.userId,
        granteeSpecialty: guest.specialty
      }
    : {
        granteeOrganisationId: consult.expertOrganisationId,
        granteeUserId: consult.expertId ?? consult.askedExpertId,
        granteeSpecialty: consult.specialty
      };
}

/** An invitation that stands. @throws AppError `not_found` */
async function guestOf(tx: Tx, consultId: string, guestId: string): Promise<GuestRow> {
  const guest = (await readGuests(tx, consultId)).find(({ id, endedAt }) => id === guestId && !endedAt);
  if (!guest) throw fail('not_found');
  return guest;
}

async function lockForGrant(tx: Tx, consultId: string): Promise<ConsultRow> {
  const { consult } = await consultFor(tx, consultId, 'update');
  if (!mayChangeGrant(tx.actor, consult)) throw fail('forbidden');
  return consult;
}

function inForce(consultId: string) {
  return and(
    eq(consultGrantItems.consultId, consultId),
    eq(consultGrantItems.purpose, 'consult'),
    isNull(consultGrantItems.revokedAt),
    sql`${consultGrantItems.endsAt} > now()`
  );
}

/** Of an invited specialist, or of the expert. */
function isOf(guestId: string | null) {
  return guestId === null ? isNull(consultGrantItems.guestId) : eq(consultGrantItems.guestId, guestId);
}

const takenBack = (actor: MemberActor) => ({
  revokedAt: sql`now()`,
  revokedById: actor.userId,
  revokedByName: actor.name
});

async function told(
  tx: Tx,
  consult: ConsultRow,
  {
    topic,
    action,
    guest,
    detail
  }: {
    topic: 'grant.ended' | 'grant.changed';
    action: string;
    guest: GuestRow | null;
    detail: Record<string, string | number | null>;
  }
): Promise<void> {
  await auditConsult(tx, consult, action, guest ? { ...detail, guest: guest.userId } : detail);
  await news(tx, consult, topic, guest);
}

async function news(
  tx: Tx,
  consult: ConsultRow,
  topic: 'grant.ended' | 'grant.changed',
  guest: GuestRow | null
): Promise<void> {
  const userIds = guest ? [guest.userId] : others(tx.actor, ...(await askedExpertIds(tx, consult)));
  await tx.publish(topic, consult.id, { consultId: consult.id, userIds });
  await consultChanged(tx, consult.id, topic);
}
