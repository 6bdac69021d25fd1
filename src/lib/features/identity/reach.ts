import type { MemberRole } from '#lib/kernel/actor.ts';

/** [TE-5] What a membership sees of its organisation. */
export const reaches = ['own', 'all', 'chosen'] as const;
export type Reach = (typeof reaches)[number];

/** The clinics a membership sees; null: all. An owner sees all unless some were chosen. */
export function clinicsWithin(place: {
  reach: Reach;
  role: MemberRole;
  clinicId: string | null;
  clinicIds: readonly string[];
}): readonly string[] | null {
  switch (place.reach) {
    case 'all':
      return null;
    case 'own':
      return place.clinicId === null || place.role === 'owner' ? null : [place.clinicId];
    case 'chosen':
      return [...new Set(place.clinicId === null ? place.clinicIds : [place.clinicId, ...place.clinicIds])];
  }
}
