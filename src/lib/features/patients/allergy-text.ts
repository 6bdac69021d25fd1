import { m } from '#lib/paraglide/messages.js';

/** "青霉素过敏": what the patient is allergic to, as a whole phrase even where only the substance was written. */
export function allergyText(label: string): string {
  return /过敏|allerg/i.test(label) ? label : m.patients_allergic_to({ what: label });
}
