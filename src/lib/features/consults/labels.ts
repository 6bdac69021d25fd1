import { m } from '#lib/paraglide/messages.js';
import type { ConsultMode, ConsultStatus, Specialty, Urgency } from './consult.ts';

export function specialtyName(specialty: Specialty): string {
  const names: Record<Specialty, () => string> = {
    endodontics: m.consults_specialty_endodontics,
    orthodontics: m.consults_specialty_orthodontics,
    'oral-surgery': m.consults_specialty_oral_surgery,
    periodontics: m.consults_specialty_periodontics,
    prosthodontics: m.consults_specialty_prosthodontics,
    paediatric: m.consults_specialty_paediatric,
    'oral-medicine': m.consults_specialty_oral_medicine,
    radiology: m.consults_specialty_radiology
  };
  return names[specialty]();
}

export function urgencyName(urgency: Urgency): string {
  return {
    urgent: m.consults_urgency_urgent,
    soon: m.consults_urgency_soon,
    routine: m.consults_urgency_routine
  }[urgency]();
}

export function modeName(mode: ConsultMode): string {
  return {
    live: m.consults_mode_live,
    scheduled: m.consults_mode_scheduled,
    asynchronous: m.consults_mode_asynchronous
  }[mode]();
}

export function statusName(status: ConsultStatus): string {
  const names: Record<ConsultStatus, () => string> = {
    requested: m.consults_status_requested,
    'more-asked': m.consults_status_more_asked,
    accepted: m.consults_status_accepted,
    declined: m.consults_status_declined,
    cancelled: m.consults_status_cancelled,
    closed: m.consults_status_closed
  };
  return names[status]();
}

export function statusTone(status: ConsultStatus): 'neutral' | 'accent' | 'warn' | 'ok' | 'danger' {
  switch (status) {
    case 'requested':
      return 'accent';
    case 'more-asked':
      return 'warn';
    case 'accepted':
      return 'ok';
    case 'declined':
      return 'danger';
    default:
      return 'neutral';
  }
}
