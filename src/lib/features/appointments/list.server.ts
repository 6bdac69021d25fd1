import { and, eq, gt, isNull, lt, notInArray } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { clinics } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { mayBookAppointments, mayReadAppointments } from './policy.server.ts';
import {
  atClinicsOf,
  chairsOf,
  practitionersOf,
  readAppointments,
  startingWithin,
  timeZoneOf
} from './read.server.ts';
import type { DayInput, FreeSlotsInput } from './schema.ts';
import { findSlots, usualOpeningHours } from './slots.ts';
import { appointments } from './tables.server.ts';
import type { DayView, PatientAppointmentsView, SlotsView } from './view.ts';
import { addDays, dayBounds, localDate } from './zone.ts';

/** Distance between offered starts. */
const stepMinutes = 15;

/** One clinic's day (default: today), all chairs. @throws AppError `not_found` for a clinic out of reach */
export async function listDay(call: Call, input: DayInput): Promise<DayView> {
  if (!mayReadAppointments(call.actor, input.clinicId)) throw fail('not_found');
  return inTransaction(call, async (tx) => {
    await requireClinic(tx, input.clinicId);
    const timeZone = await timeZoneOf(tx);
    const today = localDate(tx.now, timeZone);
    const date = input.date ?? today;
    const { from, to } = dayBounds(date, timeZone);
    const list = await readAppointments(
      tx,
      and(eq(appointments.clinicId, input.clinicId), startingWithin(from, to))
    );
    await tx.audit({
      action: 'appointments.read-day',
      subject: { type: 'clinic', id: input.clinicId },
      detail: { date, patients: [...new Set(list.map((a) => a.patient.id))] }
    });
    return {
      clinicId: input.clinicId,
      date,
      today,
      timeZone,
      chairs: await chairsOf(tx, input.clinicId),
      practitioners: await practitionersOf(tx, input.clinicId),
      appointments: list,
      mayBook: mayBookAppointments(call.actor, input.clinicId)
    };
  });
}

/** All appointments of one patient at clinics the actor reaches. @throws AppError `not_found`, `forbidden` */
export async function listForPatient(call: Call, patientId: string): Promise<PatientAppointmentsView> {
  if (!mayReadAppointments(call.actor, null)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await requirePatient(tx, patientId);
    const list = await readAppointments(
      tx,
      and(eq(appointments.patientId, patientId), atClinicsOf(call.actor))
    );
    await tx.audit({ action: 'appointments.read', subject: { type: 'patient', id: patientId }, patientId });
    const open = (a: (typeof list)[number]) =>
      a.status === 'checked-in' ||
      a.status === 'in-chair' ||
      (a.status === 'booked' && Date.parse(a.endsAt) > tx.now.getTime());
    return {
      timeZone: await timeZoneOf(tx),
      upcoming: list.filter(open),
      past: list.filter((a) => !open(a)).reverse()
    };
  });
}

/**
 * Free slots of a clinic from a day on (default: today), of one practitioner or of all. Shows no patient.
 * @throws AppError `not_found`
 */
export async function freeSlots(call: Call, input: FreeSlotsInput): Promise<SlotsView> {
  if (!mayReadAppointments(call.actor, input.clinicId)) throw fail('not_found');
  const { clinicId, days = 7, minutes = 30 } = input;
  return inTransaction(call, async (tx) => {
    await requireClinic(tx, clinicId);
    const timeZone = await timeZoneOf(tx);
    const today = localDate(tx.now, timeZone);
    const from = input.from && input.from > today ? input.from : today;
    const everyone = await practitionersOf(tx, clinicId);
    const practitioners = input.practitionerId
      ? everyone.filter((p) => p.id === input.practitionerId)
      : everyone;
    const clinicChairs = await chairsOf(tx, clinicId);
    const range = {
      from: dayBounds(from, timeZone).from,
      to: dayBounds(addDays(from, days - 1), timeZone).to
    };
    // Of all clinics: a practitioner or a patient may be busy at another store of the chain.
    const occupied = await tx.rows
      .select({
        startsAt: appointments.startsAt,
        endsAt: appointments.endsAt,
        chairId: appointments.chairId,
        practitionerId: appointments.practitionerId,
        patientId: appointments.patientId
      })
      .from(appointments)
      .where(
        and(
          eq(appointments.organisationId, tx.actor.organisationId),
          lt(appointments.startsAt, range.to),
          gt(appointments.endsAt, range.from),
          notInArray(appointments.status, ['cancelled', 'no-show'])
        )
      );
    const slots = findSlots({
      now: tx.now,
      from,
      days,
      minutes,
      stepMinutes,
      timeZone,
      hours: usualOpeningHours,
      chairIds: clinicChairs.map((chair) => chair.id),
      practitionerIds: practitioners.map((p) => p.id),
      occupied,
      patientId: input.patientId ?? null
    });
    const chairById = new Map(clinicChairs.map((chair) => [chair.id, chair]));
    const practitionerById = new Map(practitioners.map((p) => [p.id, p]));
    return {
      clinicId,
      timeZone,
      today,
      from,
      days,
      minutes,
      practitioners: everyone,
      slots: slots.map((slot) => ({
        startsAt: slot.startsAt.toISOString(),
        endsAt: slot.endsAt.toISOString(),
        practitioner: practitionerById.get(slot.practitionerId)!,
        chair: chairById.get(slot.chairId)!
      }))
    };
  });
}

export async function requireClinic(tx: Tx, clinicId: string): Promise<void> {
  const found = await tx.rows
    .select({ id: clinics.id })
    .from(clinics)
    .where(
      and(
        eq(clinics.organisationId, tx.actor.organisationId),
        eq(clinics.id, clinicId),
        isNull(clinics.closedAt)
      )
    );
  if (found.length === 0) throw fail('not_found');
}

/** The patient must be of the actor's own organisation: a consult grant opens no appointment book. */
export async function requirePatient(tx: Tx, patientId: string): Promise<void> {
  const found = await tx.rows
    .select({ id: patients.id })
    .from(patients)
    .where(and(eq(patients.organisationId, tx.actor.organisationId), eq(patients.id, patientId)));
  if (found.length === 0) throw fail('not_found');
}
