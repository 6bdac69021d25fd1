import { and, eq } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { isOpen } from '#lib/features/appointments/appointment.ts';
import { book, moveState } from '#lib/features/appointments/book.server.ts';
import type { MoveInput } from '#lib/features/appointments/schema.ts';
import type { AppointmentView } from '#lib/features/appointments/view.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { ItemRow } from './plans.server.ts';
import { treatmentPlanItems } from './tables.server.ts';

/**
 * Book an appointment and, where it is for an item of a plan, mark that item in the same transaction. The item's
 * row is the lock: of two bookings for one item the second is refused, the same one twice is one.
 * @throws AppError what `book` throws; `not_found` (no such item of this patient), `item_already_booked`,
 *   `item_not_open` (done or cancelled)
 */
export function bookVisit(call: Call, input: Parameters<typeof book>[1]): Promise<AppointmentView> {
  const { planItemId } = input;
  if (!planItemId) return book(call, input);
  return book(call, input, async (tx, act) => {
    const item = await lockItem(tx, planItemId);
    if (!item || item.patientId !== input.patientId) throw fail('not_found');
    const appointment = await act();
    if (item.appointmentId === appointment.id) return appointment;
    if (item.appointmentId) throw fail('item_already_booked');
    if (item.status === 'done' || item.status === 'cancelled') throw fail('item_not_open');
    await link(tx, item, appointment.id);
    return appointment;
  });
}

/**
 * Move an appointment on; the item it was booked for follows: free again once it is cancelled, missed or over,
 * booked again when that is taken back.
 * @throws AppError what `moveState` throws; `item_already_booked` (taken back, but booked anew meanwhile)
 */
export function moveVisit(call: Call, input: MoveInput): Promise<AppointmentView> {
  return moveState(call, input, async (tx, act) => {
    const appointment = await act();
    const item = appointment.planItemId ? await lockItem(tx, appointment.planItemId) : null;
    if (!item) return appointment;
    const mine = item.appointmentId === appointment.id;
    if (!isOpen(appointment.status)) {
      if (mine) await link(tx, item, null);
    } else if (!mine) {
      if (item.appointmentId) throw fail('item_already_booked');
      await link(tx, item, appointment.id);
    }
    return appointment;
  });
}

async function lockItem(tx: Tx, itemId: string): Promise<ItemRow | null> {
  const [item] = await tx.rows
    .select()
    .from(treatmentPlanItems)
    .where(
      and(eq(treatmentPlanItems.id, itemId), eq(treatmentPlanItems.organisationId, tx.actor.organisationId))
    )
    .for('update');
  return item ?? null;
}

async function link(tx: Tx, item: ItemRow, appointmentId: string | null): Promise<void> {
  await tx.rows
    .update(treatmentPlanItems)
    .set({ appointmentId, updatedAt: tx.now })
    .where(eq(treatmentPlanItems.id, item.id));
  await tx.audit({
    action: appointmentId ? 'plan.item_booked' : 'plan.item_freed',
    subject: { type: 'treatment_plan_item', id: item.id },
    patientId: item.patientId,
    detail: { appointment: appointmentId ?? item.appointmentId ?? '' }
  });
}
