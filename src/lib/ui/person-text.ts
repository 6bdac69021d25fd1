import { m } from '#lib/paraglide/messages.js';
import { ageOn } from './dates.ts';

export type Sex = 'female' | 'male' | 'other' | 'unknown';

const sexes: Record<Sex, () => string> = {
  female: m.common_sex_female,
  male: m.common_sex_male,
  other: m.common_sex_other,
  unknown: m.common_sex_unknown
};

export function sexText(sex: Sex): string {
  return sexes[sex]();
}

/**
 * Age in words: "67 岁"; months matter under three years, days under one month. Dates "YYYY-MM-DD"; one that cannot be
 * read gives "—".
 */
export function ageText(birthDate: string, today: string): string {
  const age = ageOn(birthDate, today);
  if (!age) return '—';
  const { years, months, days } = age;
  if (years >= 3) return m.common_age_years({ years });
  if (years > 0) return months ? m.common_age_months({ years, months }) : m.common_age_years({ years });
  return months > 0 ? m.common_age_months_only({ months }) : m.common_age_days({ days });
}
