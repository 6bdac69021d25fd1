import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { clinics, departments } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { memberFor } from './members.server.ts';
import { mayManageMembers } from './policy.server.ts';
import type { PlacementInput } from './schema.ts';
import { members } from './tables.server.ts';

/**
 * [ID-35] Where a member works and what they see. Holds at their next request and within a second for what is open.
 * @throws AppError `forbidden`, `not_found` where the member, a clinic or the department is not of this organisation,
 * or closed
 */
export async function placeMember(
  call: Call<never, MemberActor>,
  memberId: string,
  { clinicId, departmentId, reach, clinicIds }: PlacementInput
): Promise<void> {
  if (!mayManageMembers(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const before = await memberFor(tx, memberId);
    if (clinicId !== null) await openClinic(tx, clinicId);
    if (departmentId !== null) await openDepartment(tx, { clinicId, departmentId });
    const chosen = reach === 'chosen' ? await ownClinics(tx, clinicIds) : [];
    const place = { clinicId, departmentId, reach, clinicIds: chosen };
    await tx.rows.update(members).set(place).where(eq(members.id, memberId));
    await tx.audit({
      action: 'member.place',
      subject: { type: 'member', id: memberId },
      detail: {
        fromClinic: before.clinicId,
        fromReach: before.reach,
        fromClinics: before.clinicIds,
        toClinic: clinicId,
        toReach: reach,
        toClinics: chosen
      }
    });
    await tx.live({ topic: 'access', name: 'session.ended', data: { userId: before.userId } });
  });
}

/** @throws AppError `not_found` */
export async function openClinic(tx: Tx, clinicId: string): Promise<void> {
  const [found] = await tx.rows
    .select({ id: clinics.id })
    .from(clinics)
    .where(and(eq(clinics.id, clinicId), isNull(clinics.closedAt)));
  if (!found) throw fail('not_found');
}

async function openDepartment(
  tx: Tx,
  { clinicId, departmentId }: { clinicId: string | null; departmentId: string }
): Promise<void> {
  const [found] = await tx.rows
    .select({ clinicId: departments.clinicId })
    .from(departments)
    .where(and(eq(departments.id, departmentId), isNull(departments.closedAt)));
  if (!found || found.clinicId !== clinicId) throw fail('not_found');
}

async function ownClinics(tx: Tx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const found = await tx.rows
    .select({ id: clinics.id })
    .from(clinics)
    .where(inArray(clinics.id, [...ids]));
  if (found.length !== new Set(ids).size) throw fail('not_found');
  return found.map((row) => row.id);
}
