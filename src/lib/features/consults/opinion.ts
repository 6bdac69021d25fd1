/** What a signature covers: exactly this, and nothing that may change later. */
export interface SignedContent {
  consultNumber: string;
  consultId: string;
  patientId: string;
  question: string;
  teeth: string[];
  diagnosis: string;
  text: string;
  advice: string;
  proposals: unknown[];
  author: { id: string; name: string; title: string; organisation: string };
  signedAt: string;
}

/**
 * JSON with keys in code-unit order and no white space (the form of RFC 8785 for strings, integers, arrays and
 * objects, which is all a signed content holds): the same content gives the same bytes everywhere.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as Record<string, unknown>)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** SHA-256 of the canonical JSON, lower-case hex. */
export async function digestOf(content: SignedContent): Promise<string> {
  const bytes = new TextEncoder().encode(canonicalJson(content));
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
