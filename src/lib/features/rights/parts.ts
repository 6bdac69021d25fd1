/** What a correction can be about. */
export const recordParts = [
  'identity',
  'contact',
  'allergies',
  'conditions',
  'medications',
  'chart',
  'images',
  'notes',
  'plans',
  'appointments',
  'consults',
  'other'
] as const;
export type RecordPart = (typeof recordParts)[number];

/** What an accepted correction left in the record, to be looked at. */
export const resultKinds = ['note', 'finding', 'health-item'] as const;
export type ResultKind = (typeof resultKinds)[number];
