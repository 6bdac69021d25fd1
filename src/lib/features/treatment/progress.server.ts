import { eq } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { nextItemStatuses, planStatusOf, visitsDoneAt, type PlanView } from './plan.ts';
import { audit, itemRows, nameOf, viewOf, type ItemRow, type PlanRow } from './plans.server.ts';
import { mayWithSomePlan, planRights } from './policy.server.ts';
import type { AgreementInput, ItemStatusInput, ItemVisitInput } from './schema.ts';
import { treatmentPlanItems, treatmentPlans } from './tables.server.ts';

/**
 * Move an item on: started, done, cancelled (with why), or back after a slip. The plan's own status follows.
 * Asking for the status it has changes nothing, but the count of visits of an item under way may be corrected.
 * @throws AppError `forbidden`, `not_found`, `conflict` (the item cannot go there from where it is, or is no
 *   longer where the person saw it)
 */
export async function setItemStatus(call: Call, input: ItemStatusInput): Promise<PlanView> {
  if (!mayWithSomePlan(call.actor, 'progress')) throw fail('forbidden');
  const { status: to, from, visitsDone, reason = '' } = input;
  return changeItem(call, input.itemId, 'plan.item_status', (item) => {
    const corrected = to === 'in-progress' ? visitsDone : undefined;
    if (item.status === to && (corrected ?? item.visitsDone) === item.visitsDone) return null;
    if (from !== undefined && item.status !== from) throw fail('conflict');
    if (item.status !== to && !nextItemStatuses(item.status).includes(to)) throw fail('conflict');
    return {
      status: to,
      visitsDone: corrected ?? visitsDoneAt(to, item),
      cancelReason: to === 'cancelled' ? reason : ''
    };
  });
}

/**
 * One more visit of this item took place: the first starts it; the last of the estimate does not end it, the
 * dentist says when it is done.
 * @throws AppError `forbidden`, `not_found`, `conflict` (done or cancelled, or counted by another meanwhile)
 */
export async function recordVisit(call: Call, input: ItemVisitInput): Promise<PlanView> {
  if (!mayWithSomePlan(call.actor, 'progress')) throw fail('forbidden');
  return changeItem(call, input.itemId, 'plan.item_visit', (item) => {
    if (item.status !== 'planned' && item.status !== 'in-progress') throw fail('conflict');
    if (input.visitsDone !== undefined && input.visitsDone !== item.visitsDone) throw fail('conflict');
    return { status: 'in-progress', visitsDone: item.visitsDone + 1 };
  });
}

/**
 * The patient, or who speaks for them, said yes to a plan; or that is taken back. Saying it twice keeps the first.
 * @throws AppError `forbidden`, `not_found`
 */
export async function recordAgreement(call: Call, input: AgreementInput): Promise<PlanView> {
  if (!mayWithSomePlan(call.actor, 'agree')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const plan = await lockPlan(tx, input.planId);
    if (!plan || !planRights(tx.actor, plan.organisationId).agree) throw fail('not_found');
    const items = await itemRows(tx, plan.id);
    if (plan.agreedBy === input.by) return viewOf(tx, plan, items);
    const agreed = {
      agreedBy: input.by,
      agreedAt: input.by && tx.now,
      agreedRecordedBy: input.by && nameOf(tx)
    };
    await tx.rows
      .update(treatmentPlans)
      .set({ ...agreed, updatedAt: tx.now })
      .where(eq(treatmentPlans.id, plan.id));
    await audit(tx, plan, 'plan.agreement', plan.id, {
      from: plan.agreedBy ?? 'none',
      to: input.by ?? 'none'
    });
    return viewOf(tx, { ...plan, ...agreed }, items);
  });
}

/** The plan's row as the lock: two changes at once still leave one true plan. */
async function lockPlan(tx: Tx, planId: string): Promise<PlanRow | undefined> {
  const [plan] = await tx.rows
    .select()
    .from(treatmentPlans)
    .where(eq(treatmentPlans.id, planId))
    .for('update');
  return plan;
}

type Change = Partial<Pick<ItemRow, 'status' | 'visitsDone' | 'cancelReason'>>;

async function changeItem(
  call: Call,
  itemId: string,
  action: string,
  change: (item: ItemRow) => Change | null
): Promise<PlanView> {
  return inTransaction(call, async (tx) => {
    const [found] = await tx.rows
      .select({ planId: treatmentPlanItems.planId, organisationId: treatmentPlanItems.organisationId })
      .from(treatmentPlanItems)
      .where(eq(treatmentPlanItems.id, itemId));
    if (!found || !planRights(tx.actor, found.organisationId).progress) throw fail('not_found');
    const plan = await lockPlan(tx, found.planId);
    if (!plan) throw fail('not_found');
    const items = await itemRows(tx, plan.id);
    const item = items.find((row) => row.id === itemId);
    if (!item) throw fail('not_found');
    const changed = change(item);
    if (!changed) return viewOf(tx, plan, items);
    await tx.rows
      .update(treatmentPlanItems)
      .set({ ...changed, updatedAt: tx.now })
      .where(eq(treatmentPlanItems.id, itemId));
    const after = items.map((row) => (row.id === itemId ? { ...row, ...changed } : row));
    const status = planStatusOf(after);
    await tx.rows
      .update(treatmentPlans)
      .set({ status, updatedAt: tx.now })
      .where(eq(treatmentPlans.id, plan.id));
    await audit(tx, plan, action, itemId, { from: item.status, to: changed.status ?? item.status });
    return viewOf(tx, { ...plan, status }, after);
  });
}
