/**
 * True where every word of `query` occurs in `text`, case and width ignored (full-width input is common with Chinese
 * input methods). An empty query matches everything.
 */
export function matches(text: string, query: string): boolean {
  const fold = (raw: string) => raw.normalize('NFKC').toLocaleLowerCase();
  const hay = fold(text);
  return fold(query)
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => hay.includes(word));
}
