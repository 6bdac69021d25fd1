import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { requireCredential } from '#lib/features/identity/credentials.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import {
  glassMinutes,
  type GlassInput,
  type GlassReview,
  type GlassView,
  type OwnGlass
} from './break-glass.ts';
import { ownOrganisation } from './grants.server.ts';
import { mayBreakGlass, mayReviewGlass } from './policy.server.ts';
import { consultChanged, consultFor, glassCanBreak } from './read.server.ts';
import { breakGlassAccesses, consultGrantItems, consults } from './tables.server.ts';

/**
 * [CN-21] Read again for an hour what a consult's ended grant had opened. The reason, the person and the time go
 * to the owners of the record at once, and into its trail. Messages, board and room stay closed.
 * @throws AppError `not_found` (never theirs), `forbidden` (never accepted), `conflict` (still open),
 * `grant_ended` (taken back by a person, or too long ago), `credential_missing`, `credential_expired`
 */
export async function breakGlass(
  call: Call<never, MemberActor>,
  consultId: string,
  { category, reason }: GlassInput
): Promise<{ endsAt: Date }> {
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    if (!mayBreakGlass(call.actor, consult)) throw fail('forbidden');
    await requireCredential(tx, call.actor, consult.specialty);
    // What this side still sees of the grant is what is in force.
    const open = await tx.rows
      .select({ id: consultGrantItems.id })
      .from(consultGrantItems)
      .where(eq(consultGrantItems.consultId, consultId));
    if (open.length > 0) throw fail('conflict');
    if (!(await glassCanBreak(tx, consultId))) throw fail('grant_ended');
    const own = await ownOrganisation(tx);
    const id = newId(tx.now.getTime());
    const [made] = await tx.rows
      .insert(breakGlassAccesses)
      .values({
        id,
        organisationId: consult.organisationId,
        consultId,
        patientId: consult.patientId,
        userId: call.actor.userId,
        userName: call.actor.name,
        userOrganisationId: call.actor.organisationId,
        userOrganisationName: own.name,
        category,
        reason,
        // By the database's clock, which is the one that judges whether a grant is in force.
        startsAt: sql`now()`,
        endsAt: sql`now() + make_interval(mins => ${glassMinutes})`
      })
      .returning({ endsAt: breakGlassAccesses.endsAt });
    await tx.audit({
      action: 'record.break-glass',
      subject: { type: 'break-glass', id },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId,
      detail: { category }
    });
    await tx.publish('record.glass-broken', id, { accessId: id }, consult.organisationId);
    await consultChanged(tx, consultId, 'grant.changed');
    return { endsAt: made!.endsAt };
  });
}

/** The actor's own open glass, for the banner of every page; null: none. */
export async function readOwnGlass(call: Call<never, MemberActor>): Promise<OwnGlass | null> {
  if (call.actor.role !== 'expert') return null;
  return inTransaction(call, async (tx) => {
    const [own] = await tx.rows
      .select({ consultId: breakGlassAccesses.consultId, endsAt: breakGlassAccesses.endsAt })
      .from(breakGlassAccesses)
      .where(and(eq(breakGlassAccesses.userId, call.actor.userId), sql`${breakGlassAccesses.endsAt} > now()`))
      .orderBy(desc(breakGlassAccesses.endsAt))
      .limit(1);
    return own ? { consultId: own.consultId, endsAt: own.endsAt.toISOString() } : null;
  });
}

/** The owner's queue: what nobody has judged first, then the newest. At most 200. @throws AppError `forbidden` */
export async function listGlass(call: Call<never, MemberActor>): Promise<GlassView[]> {
  if (!mayReviewGlass(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select({ access: breakGlassAccesses, number: consults.number, patientName: patients.name })
      .from(breakGlassAccesses)
      .innerJoin(consults, eq(consults.id, breakGlassAccesses.consultId))
      .innerJoin(patients, eq(patients.id, breakGlassAccesses.patientId))
      .where(eq(breakGlassAccesses.organisationId, call.actor.organisationId))
      .orderBy(sql`${breakGlassAccesses.reviewedAt} is not null`, desc(breakGlassAccesses.startsAt))
      .limit(200);
    const looks = await looksMeanwhile(tx);
    await tx.audit({
      action: 'break-glass.list',
      subject: { type: 'break-glass', id: 'list' },
      detail: { patients: [...new Set(rows.map(({ access }) => access.patientId))] }
    });
    return rows.map(({ access, number, patientName }) => ({
      id: access.id,
      consultId: access.consultId,
      consultNumber: number,
      patient: { id: access.patientId, name: patientName },
      userName: access.userName,
      userOrganisation: access.userOrganisationName,
      category: access.category,
      reason: access.reason,
      startsAt: access.startsAt.toISOString(),
      endsAt: access.endsAt.toISOString(),
      looks: looks.get(access.id) ?? [],
      review:
        access.verdict && access.reviewedAt
          ? {
              verdict: access.verdict,
              comment: access.reviewComment ?? '',
              byName: access.reviewedByName ?? '',
              at: access.reviewedAt.toISOString()
            }
          : null
    }));
  });
}

/** What each person did with the patient's data while their glass was open, as far as the trail is at hand. */
async function looksMeanwhile(tx: Tx): Promise<Map<string, GlassView['looks']>> {
  const { rows } = await tx.rows.execute<{ id: string; action: string; times: number }>(sql`
    select b.id, e.action, count(*)::int as times
      from break_glass_access b
      join audit_event e on e.organisation_id = b.organisation_id and e.patient_id = b.patient_id
       and e.actor_id = b.user_id::text and e.action <> 'record.break-glass'
       and e.at between b.starts_at - interval '2 seconds' and b.ends_at + interval '2 seconds'
     where b.organisation_id = ${tx.actor.organisationId}::uuid
     group by b.id, e.action order by times desc, e.action`);
  const found = new Map<string, GlassView['looks']>();
  for (const { id, action, times } of rows) found.set(id, [...(found.get(id) ?? []), { action, times }]);
  return found;
}

/** Judge one, once. @throws AppError `forbidden`, `not_found` (also where it is judged already) */
export async function reviewGlass(
  call: Call<never, MemberActor>,
  id: string,
  { verdict, comment }: GlassReview
): Promise<void> {
  if (!mayReviewGlass(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const [judged] = await tx.rows
      .update(breakGlassAccesses)
      .set({
        verdict,
        reviewComment: comment,
        reviewedById: call.actor.userId,
        reviewedByName: call.actor.name,
        reviewedAt: tx.now
      })
      .where(
        and(
          eq(breakGlassAccesses.organisationId, call.actor.organisationId),
          eq(breakGlassAccesses.id, id),
          isNull(breakGlassAccesses.reviewedAt)
        )
      )
      .returning();
    if (!judged) throw fail('not_found');
    await tx.audit({
      action: 'break-glass.review',
      subject: { type: 'break-glass', id },
      patientId: judged.patientId,
      consultId: judged.consultId,
      detail: { verdict }
    });
  });
}
