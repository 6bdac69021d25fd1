/** What an error may leave in a log: its kind, never its text, which can quote content. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const cause = error.cause;
  const code =
    'code' in error ? error.code : cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === undefined ? error.name : `${error.name} ${String(code)}`;
}
