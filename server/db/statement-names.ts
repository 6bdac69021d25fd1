import { createHash } from 'node:crypto';

/** Names kept: each is a plan in the memory of every connection that used it. */
const mostNames = 400;
/** A text seen less often is not worth a plan kept. */
const namedFrom = 3;

/**
 * Which statements are prepared on the server under a name, so that the plan is kept: with row security in it,
 * planning takes longer than most of our reads. One for each pool; a text has the same name on every connection.
 */
export function createStatementNames() {
  /** How often a text was seen, or its name. The oldest goes when it is full: lists of varying length. */
  const seen = new Map<string, number>();
  const names = new Map<string, string>();

  return {
    /** @returns the name of a statement that comes often, else undefined */
    nameOf(text: string): string | undefined {
      const known = names.get(text);
      if (known || names.size >= mostNames) return known;
      const times = (seen.get(text) ?? 0) + 1;
      seen.delete(text);
      if (times < namedFrom) {
        seen.set(text, times);
        if (seen.size > mostNames) seen.delete(seen.keys().next().value!);
        return undefined;
      }
      const name = createHash('sha256').update(text).digest('base64url').slice(0, 32);
      names.set(text, name);
      return name;
    }
  };
}
