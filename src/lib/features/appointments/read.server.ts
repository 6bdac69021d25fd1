import { and, asc, eq, gte, inArray, isNotNull, isNull, lt, or, type SQL } from 'drizzle-orm';
import { clinicsOf, type Actor } from '#lib/kernel/actor.ts';
import { minuteMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { fromColumns, movesOf } from './appointment.ts';
import { appointments, chairs } from './tables.server.ts';
import type { AppointmentView, ChairView, PractitionerView } from './view.ts';

/** The zone in which this organisation's times are meant. */
export async function timeZoneOf(tx: Tx): Promise<string> {
  const [row] = await tx.rows
    .select({ timeZone: organisations.timeZone })
    .from(organisations)
    .where(eq(organisations.id, tx.actor.organisationId));
  if (!row) throw fail('not_found');
  return row.timeZone;
}

export async function chairsOf(tx: Tx, clinicId: string): Promise<ChairView[]> {
  return tx.rows
    .select({ id: chairs.id, name: chairs.name })
    .from(chairs)
    .where(and(eq(chairs.organisationId, tx.actor.organisationId), eq(chairs.clinicId, clinicId)))
    .orderBy(asc(chairs.position), asc(chairs.name));
}

/** Who treats at this clinic: dentists and experts, and an owner who has a specialty. */
export async function practitionersOf(tx: Tx, clinicId: string): Promise<PractitionerView[]> {
  return tx.rows
    .select({ id: members.id, name: members.name, title: members.title })
    .from(members)
    .where(
      and(
        eq(members.organisationId, tx.actor.organisationId),
        isNull(members.revokedAt),
        or(isNull(members.clinicId), eq(members.clinicId, clinicId)),
        or(
          inArray(members.role, ['dentist', 'expert']),
          and(eq(members.role, 'owner'), isNotNull(members.specialty))
        )
      )
    )
    .orderBy(asc(members.createdAt), asc(members.id));
}

/** Appointments of the actor's organisation that match, by start then chair. */
export async function readAppointments(tx: Tx, where: SQL | undefined): Promise<AppointmentView[]> {
  const rows = await tx.rows
    .select({
      appointment: appointments,
      patient: {
        id: patients.id,
        name: patients.name,
        sex: patients.sex,
        birthDate: patients.birthDate,
        number: patients.number
      },
      practitioner: { id: members.id, name: members.name, title: members.title },
      chair: { id: chairs.id, name: chairs.name }
    })
    .from(appointments)
    .innerJoin(patients, eq(patients.id, appointments.patientId))
    .innerJoin(members, eq(members.id, appointments.practitionerId))
    .innerJoin(chairs, eq(chairs.id, appointments.chairId))
    .where(and(eq(appointments.organisationId, tx.actor.organisationId), where))
    .orderBy(asc(appointments.startsAt), asc(chairs.position), asc(chairs.name));
  return rows.map(({ appointment: a, patient, practitioner, chair }) => ({
    id: a.id,
    clinicId: a.clinicId,
    patient,
    practitioner,
    chair,
    startsAt: a.startsAt.toISOString(),
    endsAt: a.endsAt.toISOString(),
    minutes: Math.round((a.endsAt.getTime() - a.startsAt.getTime()) / minuteMs),
    status: a.status,
    checkedInAt: a.checkedInAt?.toISOString() ?? null,
    seatedAt: a.seatedAt?.toISOString() ?? null,
    finishedAt: a.finishedAt?.toISOString() ?? null,
    cancelledAt: a.cancelledAt?.toISOString() ?? null,
    cancelReason: a.cancelReason,
    reason: a.reason,
    note: a.note,
    planItemId: a.planItemId,
    consultId: a.consultId,
    moves: movesOf(fromColumns(a), a.startsAt, tx.now)
  }));
}

/** [AP-9] At the clinics the actor sees; undefined: all. */
export function atClinicsOf(actor: Actor): SQL | undefined {
  const seen = clinicsOf(actor);
  return seen ? inArray(appointments.clinicId, [...seen]) : undefined;
}

/** Starting within `[from, to)`. */
export function startingWithin(from: Date, to: Date): SQL | undefined {
  return and(gte(appointments.startsAt, from), lt(appointments.startsAt, to));
}
