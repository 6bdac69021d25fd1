import { canonicalJson } from '#lib/kernel/canonical-json.ts';

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
  author: {
    id: string;
    name: string;
    title: string;
    organisation: string;
    /** Of the practising certificate; missing in what was signed before credentials were kept. */
    licence?: { number: string; issuedBy: string };
  };
  signedAt: string;
}

/** SHA-256 of the canonical JSON, lower-case hex. */
export async function digestOf(content: SignedContent): Promise<string> {
  const bytes = new TextEncoder().encode(canonicalJson(content));
  const hash = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
