import { api } from '#lib/ui/api.ts';
import { errorTextOf } from '#lib/ui/error-text.ts';
import { toast } from '#lib/ui/toast.ts';
import { m } from '#lib/paraglide/messages.js';
import { itemName, itemStatusName } from './labels.ts';
import { wayBetween, type Agreer, type ItemStatus, type PlanItemView, type PlanView } from './plan.ts';

/** What people do with a patient's plans, told as toasts that take the act back. */
export class PlanWork {
  /** Item whose change is being saved. */
  busyItem = $state<string | null>(null);
  readonly #again: () => Promise<unknown>;

  /** @param again reads the page anew; also after a refusal, which often means that it shows an older state */
  constructor(again: () => Promise<unknown>) {
    this.#again = again;
  }

  /** Start, finish, or back after a slip. */
  move(item: PlanItemView, to: ItemStatus): Promise<void> {
    return this.#told(item, async () => {
      await this.#set(item.id, item.status, to);
      this.#say(m.treatment_item_now({ item: itemName(item), status: itemStatusName(to) }), item, to);
    });
  }

  /** One more visit took place. */
  visit(item: PlanItemView): Promise<void> {
    return this.#told(item, async () => {
      await api('POST', `/api/plan-items/${item.id}/visits`, { visitsDone: item.visitsDone });
      const count = item.visitsDone + 1;
      this.#say(m.treatment_item_visit_now({ item: itemName(item), count }), item, 'in-progress');
    });
  }

  /** Leave an item out. @throws ApiError for the dialog to say, so that the reason typed stays */
  async cancel(item: PlanItemView, reason: string): Promise<void> {
    try {
      await this.#set(item.id, item.status, 'cancelled', { reason });
      this.#say(
        m.treatment_item_now({ item: itemName(item), status: itemStatusName('cancelled') }),
        item,
        'cancelled'
      );
    } finally {
      await this.#again();
    }
  }

  /** The patient agreed. @throws ApiError for the dialog to say */
  async agree(plan: PlanView, by: Agreer): Promise<void> {
    try {
      await this.#setAgreement(plan, by);
      toast.ok(m.treatment_agreement_saved(), { undo: () => this.takeBackAgreement(plan) });
    } finally {
      await this.#again();
    }
  }

  takeBackAgreement(plan: PlanView): Promise<void> {
    const by = plan.agreement?.by;
    return this.#told(null, async () => {
      await this.#setAgreement(plan, null);
      toast.ok(
        m.treatment_agreement_taken_back(),
        by ? { undo: () => this.#told(null, () => this.agree(plan, by)) } : {}
      );
    });
  }

  #setAgreement(plan: PlanView, by: Agreer | null): Promise<unknown> {
    return api('PUT', `/api/plans/${plan.id}/agreement`, { by });
  }

  #set(id: string, from: ItemStatus, status: ItemStatus, more: object = {}): Promise<unknown> {
    return api('PATCH', `/api/plan-items/${id}`, { status, from, ...more });
  }

  #say(text: string, before: PlanItemView, now: ItemStatus): void {
    toast.ok(text, { undo: () => this.#undo(before, now) });
  }

  /** Back to what the item was, step by step along the states, with its count of visits and its reason. */
  #undo(before: PlanItemView, now: ItemStatus): Promise<void> {
    return this.#told(before, async () => {
      let from = now;
      const way = wayBetween(now, before.status);
      for (const to of way.length ? way : [before.status]) {
        await this.#set(before.id, from, to, {
          ...(to === 'in-progress' ? { visitsDone: before.visitsDone } : {}),
          ...(to === 'cancelled' ? { reason: before.cancelReason || m.treatment_cancel_item() } : {})
        });
        from = to;
      }
    });
  }

  async #told(item: PlanItemView | null, work: () => Promise<void>): Promise<void> {
    this.busyItem = item?.id ?? null;
    try {
      await work();
    } catch (error) {
      toast.error(errorTextOf(error));
    } finally {
      await this.#again();
      this.busyItem = null;
    }
  }
}
