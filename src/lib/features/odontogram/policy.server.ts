import type { Actor } from '#lib/kernel/actor.ts';

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
      switch (actor.role) {
        case 'dentist':
        case 'nurse':
          return own ? { read: true, record: true } : none;
        // At home a specialist treats; abroad a remote one proposes, and the treating dentist records.
        case 'expert':
          return { read: true, record: own };
        case 'owner':
        case 'receptionist':
          return own ? { read: true, record: false } : none;
      }
  }
}

/** Before anything is read: may this actor do this with any chart at all? */
export function mayWithSomeChart(actor: Actor, right: keyof ChartRights): boolean {
  return chartRights(actor, actor.organisationId)[right];
}
