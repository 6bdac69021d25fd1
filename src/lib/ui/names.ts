/**
 * The one or two characters an avatar shows: the last two of a Chinese name (what people call each other by), the
 * initials of a Latin one. Empty names give "?".
 */
export function initialsOf(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') return '?';
  if (/\p{Script=Han}/u.test(trimmed)) {
    const han = [...trimmed].filter((letter) => /\p{Script=Han}/u.test(letter));
    return (han.length > 2 ? han.slice(-2) : han).join('');
  }
  const words = trimmed.split(/[\s.·-]+/).filter(Boolean);
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** A stable hue (degrees, 0–359) for a name or id, so that a person keeps one colour everywhere. */
export function hueOf(key: string): number {
  let hash = 2166136261;
  for (const letter of key) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619);
  return (hash >>> 0) % 360;
}
