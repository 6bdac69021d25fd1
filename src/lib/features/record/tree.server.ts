import { and, asc, count, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { appointments } from '#lib/features/appointments/tables.server.ts';
import { mayShapeOrganisation } from '#lib/features/identity/policy.server.ts';
import type { UnitNames } from '#lib/features/identity/schema.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { clinics, departments } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';

export interface UnitView extends UnitNames {
  id: string;
  closed: boolean;
  members: number;
}
export interface ClinicView extends UnitView {
  patients: number;
  departments: UnitView[];
}

type OwnerCall = Call<never, MemberActor>;
/** A clinic or a department. */
export interface Unit {
  kind: 'clinic' | 'department';
  id: string;
}

const here = (call: OwnerCall) => call.actor.organisationId;

/** [ID-34] The organisation's clinics with their departments, closed ones too. @throws AppError `forbidden` */
export async function readTree(call: OwnerCall): Promise<ClinicView[]> {
  if (!mayShapeOrganisation(call.actor)) throw fail('forbidden');
  return inTransaction(call, async ({ rows }) => {
    const own = await rows.select().from(clinics).orderBy(asc(clinics.createdAt));
    const parts = await rows.select().from(departments).orderBy(asc(departments.createdAt));
    const working = await rows
      .select({ clinicId: members.clinicId, departmentId: members.departmentId })
      .from(members)
      .where(isNull(members.revokedAt));
    const records = await rows
      .select({ clinicId: patients.clinicId, count: count() })
      .from(patients)
      .where(eq(patients.organisationId, here(call)))
      .groupBy(patients.clinicId);
    const unit = (row: typeof clinics.$inferSelect | typeof departments.$inferSelect) => ({
      id: row.id,
      name: row.name,
      nameEn: row.nameEn,
      closed: row.closedAt !== null
    });
    return own.map((clinic) => ({
      ...unit(clinic),
      members: working.filter((one) => one.clinicId === clinic.id).length,
      patients: records.find((one) => one.clinicId === clinic.id)?.count ?? 0,
      departments: parts
        .filter((part) => part.clinicId === clinic.id)
        .map((part) => ({
          ...unit(part),
          members: working.filter((one) => one.departmentId === part.id).length
        }))
    }));
  });
}

/** @throws AppError `forbidden` */
export async function addClinic(call: OwnerCall, names: UnitNames): Promise<{ id: string }> {
  return shaping(call, async (tx) => {
    const id = newId(tx.now.getTime());
    await tx.rows.insert(clinics).values({ id, organisationId: here(call), ...names });
    await tx.audit({ action: 'clinic.add', subject: { type: 'clinic', id } });
    return { id };
  });
}

/** @throws AppError `forbidden`, `not_found` where the clinic is not of this organisation, or closed */
export async function addDepartment(
  call: OwnerCall,
  clinicId: string,
  names: UnitNames
): Promise<{ id: string }> {
  return shaping(call, async (tx) => {
    const clinic = await unitFor(tx, { kind: 'clinic', id: clinicId });
    if (clinic.closedAt) throw fail('not_found');
    const id = newId(tx.now.getTime());
    await tx.rows.insert(departments).values({ id, organisationId: here(call), clinicId, ...names });
    await tx.audit({ action: 'department.add', subject: { type: 'department', id } });
    return { id };
  });
}

/** @throws AppError `forbidden`, `not_found` */
export async function renameUnit(call: OwnerCall, unit: Unit, names: UnitNames): Promise<void> {
  await shaping(call, async (tx) => {
    const before = await unitFor(tx, unit);
    const table = tableOf(unit);
    await tx.rows.update(table).set(names).where(eq(table.id, unit.id));
    await tx.audit({
      action: unit.kind === 'clinic' ? 'clinic.rename' : 'department.rename',
      subject: { type: unit.kind, id: unit.id },
      detail: { from: before.name, to: names.name }
    });
  });
}

/**
 * [ID-34] Nothing new happens there from now on; nothing is deleted. Refused while somebody works there, while an
 * appointment there is to come, and for the last clinic.
 * @throws AppError `forbidden`, `not_found`, `unit_in_use`
 */
export async function closeUnit(call: OwnerCall, unit: Unit): Promise<void> {
  await shaping(call, async (tx) => {
    // Of two clinics closed at once one must stay: both wait here.
    await tx.rows.select({ id: clinics.id }).from(clinics).orderBy(asc(clinics.id)).for('update');
    const found = await unitFor(tx, unit);
    if (found.closedAt) return;
    if (await isUsed(tx, unit)) throw fail('unit_in_use');
    await setClosed(tx, unit, tx.now);
  });
}

/** @throws AppError `forbidden`, `not_found`, `unit_in_use` for a department of a closed clinic */
export async function reopenUnit(call: OwnerCall, unit: Unit): Promise<void> {
  await shaping(call, async (tx) => {
    const found = await unitFor(tx, unit);
    if (!found.closedAt) return;
    if (found.clinicId && (await unitFor(tx, { kind: 'clinic', id: found.clinicId })).closedAt)
      throw fail('unit_in_use');
    await setClosed(tx, unit, null);
  });
}

function shaping<T>(call: OwnerCall, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!mayShapeOrganisation(call.actor)) throw fail('forbidden');
  return inTransaction(call, work);
}

const tableOf = ({ kind }: Unit) => (kind === 'clinic' ? clinics : departments);

async function unitFor(
  tx: Tx,
  { kind, id }: Unit
): Promise<{ name: string; closedAt: Date | null; clinicId?: string }> {
  const [found] =
    kind === 'clinic'
      ? await tx.rows.select().from(clinics).where(eq(clinics.id, id)).for('update')
      : await tx.rows.select().from(departments).where(eq(departments.id, id)).for('update');
  if (!found) throw fail('not_found');
  return found;
}

async function setClosed(tx: Tx, unit: Unit, closedAt: Date | null): Promise<void> {
  const table = tableOf(unit);
  await tx.rows.update(table).set({ closedAt }).where(eq(table.id, unit.id));
  const verb = closedAt ? 'close' : 'reopen';
  await tx.audit({
    action: unit.kind === 'clinic' ? `clinic.${verb}` : `department.${verb}`,
    subject: { type: unit.kind, id: unit.id }
  });
}

async function isUsed(tx: Tx, { kind, id }: Unit): Promise<boolean> {
  const works = kind === 'clinic' ? eq(members.clinicId, id) : eq(members.departmentId, id);
  const [member] = await tx.rows
    .select({ id: members.id })
    .from(members)
    .where(and(works, isNull(members.revokedAt)))
    .limit(1);
  if (member || kind === 'department') return member !== undefined;
  const [part] = await tx.rows
    .select({ id: departments.id })
    .from(departments)
    .where(and(eq(departments.clinicId, id), isNull(departments.closedAt)))
    .limit(1);
  const [coming] = await tx.rows
    .select({ id: appointments.id })
    .from(appointments)
    .where(
      and(eq(appointments.clinicId, id), inArray(appointments.status, ['booked', 'checked-in', 'in-chair']))
    )
    .limit(1);
  const [other] = await tx.rows
    .select({ id: clinics.id })
    .from(clinics)
    .where(and(isNull(clinics.closedAt), sql`${clinics.id} <> ${id}`))
    .limit(1);
  return part !== undefined || coming !== undefined || !other;
}
