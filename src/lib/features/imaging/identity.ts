import type { FileIdentity } from './image.ts';

/** The open patient, as the record knows them. */
export interface KnownPatient {
  number: string;
  name: string;
  /** `YYYY-MM-DD`. */
  birthDate: string;
}

/**
 * Whether a file's own patient is the open one. Never a guess: `same` needs the clinic's number or the name
 * to agree and nothing to contradict; `different` on any contradiction, or when there is an identity that
 * cannot be matched; `none` when the file names nobody (photos).
 *
 * Devices number patients in their own way, so a different Patient ID alone contradicts nothing when name
 * and birth date both agree.
 */
export function compareIdentity(file: FileIdentity, patient: KnownPatient): 'same' | 'different' | 'none' {
  const { patientId, names, birthDate } = file;
  if (!patientId && names.length === 0 && !birthDate) return 'none';
  if (birthDate && birthDate !== patient.birthDate) return 'different';
  const numberAgrees = patientId !== null && plain(patientId) === plain(patient.number);
  const nameAgrees = names.some((name) => sameName(name, patient.name));
  if (names.length > 0 && !nameAgrees) return numberAgrees && birthDate !== null ? 'same' : 'different';
  if (nameAgrees && (birthDate !== null || numberAgrees)) return 'same';
  if (nameAgrees && patientId === null) return 'same';
  return numberAgrees && names.length === 0 ? 'same' : 'different';
}

/** `王^秀英`, `王秀英` and `王 秀英` are one name; so are `WANG^XIUYING` and `wang xiuying`. */
function sameName(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\s^·.,\-']/g, '')
    .toLowerCase();
}
