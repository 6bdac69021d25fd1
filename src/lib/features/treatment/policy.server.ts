import type { Actor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

export const planActs = {
  create: right('plan:create', { usual: ['dentist', 'expert'] }),
  progress: right('plan:progress', {
    usual: ['dentist', 'expert', 'nurse'],
    most: ['dentist', 'expert', 'nurse', 'receptionist']
  }),
  agree: right('plan:agree', { usual: ['dentist', 'expert'] })
};

export interface PlanRights {
  read: boolean;
  /** Make a plan for a patient. */
  create: boolean;
  /** Move items on: started, done, cancelled. */
  progress: boolean;
  /** Write down that the patient agreed. */
  agree: boolean;
}

const none: PlanRights = { read: false, create: false, progress: false, agree: false };
const all: PlanRights = { read: true, create: true, progress: true, agree: true };
const readOnly: PlanRights = { read: true, create: false, progress: false, agree: false };

/**
 * What `actor` may do with plans of a patient of `patientOrganisationId`. For an expert of another
 * organisation `read` means "where a grant lets the row through": row-level security holds the grant.
 */
export function planRights(actor: Actor, patientOrganisationId: string): PlanRights {
  const own = actor.organisationId === patientOrganisationId;
  switch (actor.kind) {
    case 'system':
      return own ? all : none;
    case 'patient-link':
      return none;
    case 'member':
      if (!own) return actor.role === 'expert' ? readOnly : none;
      return {
        read: true,
        create: holds(actor, planActs.create),
        progress: holds(actor, planActs.progress),
        agree: holds(actor, planActs.agree)
      };
  }
}

/** Before anything is read: may this actor do this with any plan at all? */
export function mayWithSomePlan(actor: Actor, right: keyof PlanRights): boolean {
  return planRights(actor, actor.organisationId)[right];
}
