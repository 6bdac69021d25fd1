import { ageOn } from '#lib/ui/dates.ts';
import { oldestYears } from './birth.ts';

export interface NewPatientDraft {
  name: string;
  sex: string;
  /** YYYY-MM-DD */
  birthDate: string;
  phone: string;
}

/** The fields that cannot be sent as they are, in the form's order. The server checks again. */
export function newPatientErrors(draft: NewPatientDraft, today: string): (keyof NewPatientDraft)[] {
  const wrong: (keyof NewPatientDraft)[] = [];
  if (!draft.name.trim()) wrong.push('name');
  if (!draft.sex) wrong.push('sex');
  const age = /^\d{4}-\d{2}-\d{2}$/.test(draft.birthDate) ? ageOn(draft.birthDate, today) : null;
  if (!age || age.years > oldestYears) wrong.push('birthDate');
  if (!/^\+?[0-9 -]{6,20}$/.test(draft.phone.trim())) wrong.push('phone');
  return wrong;
}
