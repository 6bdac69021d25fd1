import { purposes, type Purpose } from '#lib/features/consent/consent.ts';
import type { AnswersInput } from '#lib/features/consent/schema.ts';
import { currentVersions } from '#lib/features/consent/texts.ts';

/** All questions answered, no to what is not named: as the patient's page sends it. */
export function answers(said: Partial<Record<Purpose, boolean>>): AnswersInput {
  return {
    locale: 'zh-CN',
    answers: purposes.map((purpose) => ({
      purpose,
      agrees: said[purpose] ?? false,
      version: currentVersions[purpose]
    }))
  };
}
