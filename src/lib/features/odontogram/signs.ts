import { m } from '#lib/paraglide/messages.js';
import type { ToothView } from './chart.ts';
import type { FindingCode, FindingStatus } from './findings.ts';

/** A short sign at the end of the roots, for what has no place in the drawing. */
export interface Sign {
  text: string;
  status: FindingStatus;
}

const roman: Record<string, string> = { '1': 'Ⅰ', '2': 'Ⅱ', '3': 'Ⅲ' };

/** At most two fit above a tooth; the sheet tells all. */
const maxSigns = 2;

export function signsOf(view: ToothView): Sign[] {
  const { whole } = view;
  const sign = (code: FindingCode, text: (grade: string | null) => string): Sign[] => {
    const mark = whole[code];
    return mark ? [{ text: text(mark.grade), status: mark.status }] : [];
  };
  return [
    ...sign('percussion', (grade) => `${m.odontogram_sign_percussion()}${'+'.repeat(Number(grade ?? 1))}`),
    ...sign('mobility', (grade) => `${m.odontogram_sign_mobility()}${roman[grade ?? ''] ?? ''}`),
    ...sign('pocket', (grade) => `${m.odontogram_sign_pocket()}${grade ?? ''}`),
    ...sign('malposition', () => m.odontogram_sign_malposition()),
    ...sign('impacted', () => m.odontogram_impacted_short())
  ].slice(0, maxSigns);
}
