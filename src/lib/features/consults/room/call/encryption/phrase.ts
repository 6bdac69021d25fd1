/** Pure but for the browser's SHA-256: what people compare to see that nobody stands between them. */

const groups = 4;
const digits = 4;

/**
 * [CALL-71] Four groups of four digits from the call's key and who is in it: SHA-256 of a fixed name, the key and the
 * identities in order, each group the rest of 32 bits by 10,000. Numbers, for they read out alike in every language.
 * @param key as the server gave it, base64url
 */
export async function phraseOf(key: string, identities: readonly string[]): Promise<string[]> {
  const text = JSON.stringify(['consilium call phrase 1', key, ...identities.toSorted()]);
  const hash = new DataView(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from({ length: groups }, (_, i) =>
    String(hash.getUint32(4 * i) % 10 ** digits).padStart(digits, '0')
  );
}
