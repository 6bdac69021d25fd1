import { relationText } from '#lib/features/patients/delegate-words.ts';
import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';

interface Named {
  kind: string;
  name: string | null;
  organisation: string | null;
  organisationEn: string | null;
}

/** Who acted, in words. */
export function actorText({
  kind,
  name,
  role
}: Pick<Named, 'kind' | 'name'> & { role?: string | null }): string {
  if (kind === 'system') return m.audit_actor_system();
  // A name there is that of who stands by the patient, and the role what they are to them.
  if (kind === 'patient-link' && name)
    return `${m.room_role_delegate_as({ relation: relationText(role ?? 'other') })} ${name}`;
  if (kind === 'patient-link') return m.audit_actor_patient_link();
  return name ?? m.audit_actor_unknown();
}

/** Their organisation, in the reader's language. */
export function organisationText({
  organisation,
  organisationEn
}: Pick<Named, 'organisation' | 'organisationEn'>): string {
  return (getLocale() === 'en' ? organisationEn : organisation) ?? '';
}
