import type { AskInput } from '#lib/features/consults/schema.ts';

/** A question as a dentist asks it: about tooth 36, live, soon, with nothing shared but what is said here. */
export function questionOf({
  share,
  ...said
}: Pick<AskInput, 'patientId' | 'target'> &
  Partial<Omit<AskInput, 'share'>> & { share?: Partial<AskInput['share']> }): AskInput {
  return {
    ...{ teeth: ['36'], question: '36?', urgency: 'soon', mode: 'live', slotAt: null },
    ...said,
    share: {
      ...{ imageIds: [], noteIds: [] },
      ...{ allergies: false, conditions: false, medications: false, chart: false, plan: false },
      ...share
    }
  };
}
