/**
 * [CN-12] Whether a piece of a consult's news is for its visiting patient. By name, the default is no: that staff write
 * to each other, and how often, is nothing their patient's browser is told.
 */
export function isForPatient(name: string): boolean {
  return patientNews.has(name) || name.startsWith('patient.') || name.startsWith('room.');
}

const patientNews: ReadonlySet<string> = new Set([
  'consult.accepted',
  'consult.declined',
  'consult.cancelled',
  'consult.closed',
  'grant.added',
  'grant.changed',
  'grant.ended',
  'consent.changed',
  'call.encryption',
  'recording.changed',
  'captions.changed'
]);
