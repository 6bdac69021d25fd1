/** One cell of CSV. A cell a spreadsheet would take for a formula is marked as text (OWASP, CSV injection). */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe =
    typeof value === 'string' && /^[\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
