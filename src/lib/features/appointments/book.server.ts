import { and, eq, isNull } from 'drizzle-orm';
import { minuteMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, oneAtATime, sqlState, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { fromColumns, moved, toColumns } from './appointment.ts';
import { requireClinic, requirePatient } from './list.server.ts';
import { mayBookAppointments } from './policy.server.ts';
import { atClinicsOf, chairsOf, practitionersOf, readAppointments } from './read.server.ts';
import type { bookInput, MoveInput } from './schema.ts';
import { appointments } from './tables.server.ts';
import type { AppointmentView } from './view.ts';
import type { InferOutput } from 'valibot';

type Booking = InferOutput<typeof bookInput>;

/**
 * What a room above does in the same transaction: it gets the act and returns what it made. Where it throws,
 * nothing happened.
 */
export type Around = (tx: Tx, act: () => Promise<AppointmentView>) => Promise<AppointmentView>;
const alone: Around = (_, act) => act();

/** How late "now" may be: a walk-in is written down after they sat. */
const walkInGraceMs = 15 * minuteMs;

/** SQLSTATE of an exclusion constraint (constraints.sql). */
const exclusionViolated = '23P01';

/**
 * Book an appointment. Whether the time is free is decided by the exclusion constraints at the insert, so
 * no isolation level above the default is needed. A second identical booking by the same person returns the
 * first.
 * @throws AppError `slot_taken`, `slot_in_past`, `not_found`, `forbidden`
 */
export async function book(call: Call, input: Booking, around = alone): Promise<AppointmentView> {
  if (!mayBookAppointments(call.actor, null)) throw fail('forbidden');
  if (!mayBookAppointments(call.actor, input.clinicId)) throw fail('not_found');
  try {
    return await inTransaction(call, (tx) => around(tx, () => insert(tx, input)));
  } catch (error) {
    if (!timeTaken(error)) throw error;
    const mine = await inTransaction(call, (tx) => sameBooking(tx, input));
    if (mine) return mine;
    throw fail('slot_taken', {}, error);
  }
}

async function insert(tx: Tx, input: Booking): Promise<AppointmentView> {
  const { clinicId, patientId, practitionerId, chairId, startsAt, minutes } = input;
  if (startsAt.getTime() < tx.now.getTime() - walkInGraceMs) throw fail('slot_in_past');
  await requireClinic(tx, clinicId);
  await requirePatient(tx, patientId);
  if (!(await chairsOf(tx, clinicId)).some((chair) => chair.id === chairId)) throw fail('not_found');
  if (!(await practitionersOf(tx, clinicId)).some((p) => p.id === practitionerId)) throw fail('not_found');
  // The constraints alone keep the book right, but two inserts that meet on several of them deadlock, which
  // Postgres notices only after a second.
  await oneAtATime(tx, `appointment:${clinicId}`);
  const already = await sameBooking(tx, input);
  if (already) return already;

  const [row] = await tx.rows
    .insert(appointments)
    .values({
      organisationId: tx.actor.organisationId,
      clinicId,
      patientId,
      practitionerId,
      chairId,
      startsAt,
      endsAt: new Date(startsAt.getTime() + minutes * minuteMs),
      reason: input.reason,
      note: input.note,
      consultId: input.consultId ?? null,
      planItemId: input.planItemId ?? null,
      createdById: userOf(tx)
    })
    .returning({ id: appointments.id });
  await tx.audit({
    action: 'appointment.book',
    subject: { type: 'appointment', id: row!.id },
    patientId,
    consultId: input.consultId ?? null,
    detail: { startsAt: startsAt.toISOString(), minutes }
  });
  return one(tx, row!.id);
}

/** [AP-8] The very same booking, made by the same person a moment ago. */
async function sameBooking(tx: Tx, input: Booking): Promise<AppointmentView | null> {
  const userId = userOf(tx);
  if (userId === null) return null;
  const [same] = await readAppointments(
    tx,
    and(
      eq(appointments.createdById, userId),
      eq(appointments.patientId, input.patientId),
      eq(appointments.practitionerId, input.practitionerId),
      eq(appointments.chairId, input.chairId),
      eq(appointments.startsAt, input.startsAt),
      eq(appointments.endsAt, new Date(input.startsAt.getTime() + input.minutes * minuteMs)),
      input.planItemId ? eq(appointments.planItemId, input.planItemId) : isNull(appointments.planItemId),
      eq(appointments.status, 'booked')
    )
  );
  return same ?? null;
}

/**
 * Check in, seat, finish, cancel, mark as missed, or take the last step back.
 * @throws AppError `not_found`, `forbidden`, `conflict` (it has moved on, or the move is not open now), `slot_taken`
 */
export async function moveState(call: Call, input: MoveInput, around = alone): Promise<AppointmentView> {
  if (!mayBookAppointments(call.actor, null)) throw fail('forbidden');
  try {
    return await inTransaction(call, (tx) => around(tx, () => move(tx, input)));
  } catch (error) {
    if (timeTaken(error)) throw fail('slot_taken', {}, error);
    throw error;
  }
}

async function move(tx: Tx, input: MoveInput): Promise<AppointmentView> {
  const [row] = await tx.rows
    .select()
    .from(appointments)
    .where(
      and(
        eq(appointments.organisationId, tx.actor.organisationId),
        eq(appointments.id, input.id),
        atClinicsOf(tx.actor)
      )
    )
    .for('update');
  if (!row) throw fail('not_found');
  if (row.status !== input.from) throw fail('conflict', { status: row.status });
  const next = moved(fromColumns(row), input.move, {
    startsAt: row.startsAt,
    now: tx.now,
    reason: input.reason ?? ''
  });
  if (!next) throw fail('conflict', { status: row.status });
  await tx.rows.update(appointments).set(toColumns(next)).where(eq(appointments.id, row.id));
  await tx.audit({
    action: `appointment.${input.move}`,
    subject: { type: 'appointment', id: row.id },
    patientId: row.patientId,
    detail: { from: row.status, to: next.status }
  });
  return one(tx, row.id);
}

async function one(tx: Tx, id: string): Promise<AppointmentView> {
  const [view] = await readAppointments(tx, eq(appointments.id, id));
  if (!view) throw fail('not_found');
  return view;
}

function userOf(tx: Tx): string | null {
  return tx.actor.kind === 'member' ? tx.actor.userId : null;
}

function timeTaken(error: unknown): boolean {
  return sqlState(error) === exclusionViolated;
}
