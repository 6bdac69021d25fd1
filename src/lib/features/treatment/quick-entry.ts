import { matches } from '#lib/ui/match.ts';
import { isTooth, parseTooth, surfacesOf, type Surface } from '#lib/features/odontogram/teeth.ts';
import { procedureRule, proceduresFor, type ProcedureCode } from './procedures.ts';

/** What a line such as `36 OD 充填` or `16,26 sealant` says. */
export interface QuickEntry {
  teeth: string[];
  /** Two-digit numbers that are no teeth. */
  unknown: string[];
  surfaces: Surface[];
  /** What is left: words to find the procedure by. */
  query: string;
}

/** Read a quick line: teeth first, then surfaces if the letters are the first tooth's own, then the procedure. */
export function readQuickEntry(line: string): QuickEntry {
  const words = line
    .normalize('NFKC')
    // 36根管 and 16、26 are how people type.
    .replace(/(\d)(?=\p{L})/gu, '$1 ')
    .split(/[\s,;、，；]+/)
    .filter(Boolean);
  const entry: QuickEntry = { teeth: [], unknown: [], surfaces: [], query: '' };
  while (words[0] !== undefined && /^\d+$/.test(words[0])) {
    const number = words.shift()!;
    if (!isTooth(number)) entry.unknown.push(number);
    else if (!entry.teeth.includes(number)) entry.teeth.push(number);
  }
  const first = entry.teeth[0];
  if (first !== undefined && words[0] !== undefined) {
    const own = surfacesOf(parseTooth(first));
    const letters = words[0].split('');
    // Capitals only: a lower-case "do" may begin a word.
    if (letters.length <= 5 && letters.every((letter) => own.some((surface) => surface === letter))) {
      entry.surfaces = own.filter((surface) => letters.includes(surface));
      words.shift();
    }
  }
  entry.query = words.join(' ');
  return entry;
}

/**
 * Procedures a quick line may mean, best first. `nameOf` gives every name of a procedure in one text, so that
 * either language finds it.
 */
export function suggestProcedures(
  { teeth, query }: Pick<QuickEntry, 'teeth' | 'query'>,
  nameOf: (code: ProcedureCode) => string
): ProcedureCode[] {
  const found = proceduresFor(teeth[0] ?? null).filter((code) => matches(nameOf(code), query));
  const starts = (code: ProcedureCode) =>
    nameOf(code).toLocaleLowerCase().startsWith(query.toLocaleLowerCase());
  return query === '' ? found : [...found.filter(starts), ...found.filter((code) => !starts(code))];
}

/** True where this procedure can be added with these teeth. */
export function canAdd(code: ProcedureCode, teeth: readonly string[]): boolean {
  return teeth.length > 0 || procedureRule(code).scope !== 'tooth';
}
