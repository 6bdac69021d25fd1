/** What one look of `npm run doctor` found, and what to do. */
export type Outcome = { mark: '✓' | '✗' | '–'; text: string; remedy?: string };

export const good = (text: string): Outcome => ({ mark: '✓', text });
export const bad = (text: string, remedy: string): Outcome => ({ mark: '✗', text, remedy });
export const none = (text: string): Outcome => ({ mark: '–', text });
export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
