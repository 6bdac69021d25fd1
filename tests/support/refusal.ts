import { asAppError, type ErrorCode } from '#lib/kernel/errors.ts';

/** The code an act is refused with; `null` where it went through. What is no refusal rises. */
export async function refusal(work: Promise<unknown>): Promise<ErrorCode | null> {
  try {
    await work;
    return null;
  } catch (error) {
    const known = asAppError(error);
    if (!known) throw error;
    return known.code;
  }
}
