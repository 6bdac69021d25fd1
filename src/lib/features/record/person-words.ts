import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';

interface Named {
  kind: string;
  name: string | null;
  organisation: string | null;
  organisationEn: string | null;
}

/** Who acted, in words. */
export function actorText({ kind, name }: Pick<Named, 'kind' | 'name'>): string {
  if (kind === 'system') return m.audit_actor_system();
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
