import { ApiError } from '#lib/ui/api.ts';
import { errorText } from '#lib/ui/error-text.ts';

/** Words for what went wrong. Anything that is not the server's answer rises. */
export function wordsFor(error: unknown): string {
  if (error instanceof ApiError) return errorText(error.code);
  throw error;
}
