/** One or two letters that stand for a person beside a ghost: 王医生 → 王, Maria Lopez → ML. */
export function initials(name: string): string {
  const trimmed = name.trim();
  const first = [...trimmed][0] ?? '?';
  if (/\p{Script=Han}/u.test(first)) return first;
  const words = trimmed.split(/\s+/);
  const last = words.length > 1 ? ([...words.at(-1)!][0] ?? '') : '';
  return `${first}${last}`.toUpperCase();
}
