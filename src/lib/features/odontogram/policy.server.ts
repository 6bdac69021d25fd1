import type { Actor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

export const chartActs = {
  record: right('chart:record', { usual: ['dentist', 'expert', 'nurse'] })
};

export interface ChartRights {
  read: boolean;
  /** Record and withdraw findings. */
  record: boolean;
}

const none: ChartRights = { read: false, record: false };

/**
 * What `actor` may do with the chart of a patient of `patientOrganisationId`. For an expert of another
 * organisation `read` means "where a grant lets the row through": row-level security holds the grant.
 */
export function chartRights(actor: Actor, patientOrganisationId: string): ChartRights {
  const own = actor.organisationId === patientOrganisationId;
  switch (actor.kind) {
    case 'system':
      return own ? { read: true, record: true } : none;
    case 'patient-link':
      return none;
    case 'member':
      // At home a specialist treats; abroad a remote one proposes, and the treating dentist records.
      if (!own) return { read: actor.role === 'expert', record: false };
      return { read: true, record: holds(actor, chartActs.record) };
  }
}

/** Before anything is read: may this actor do this with any chart at all? */
export function mayWithSomeChart(actor: Actor, right: keyof ChartRights): boolean {
  return chartRights(actor, actor.organisationId)[right];
}
