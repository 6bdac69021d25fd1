import { captionsTopic, type CaptionMessage } from '../../captions.ts';

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

/** What the server sealed under the call's key. Null: another key, or changed on the way. */
export async function openLine(
  { iv, sealed }: Extract<CaptionMessage, { kind: 'sealed' }>,
  key: string | null
): Promise<unknown> {
  if (key === null) return null;
  const call = await crypto.subtle.importKey('raw', bytesOf(key), 'HKDF', false, ['deriveKey']);
  const info = new TextEncoder().encode(captionsTopic);
  const own = await crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
    call,
    { name: 'AES-GCM', length: 256 },
    false,
    ['decrypt']
  );
  try {
    const open = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytesOf(iv) }, own, bytesOf(sealed));
    return JSON.parse(new TextDecoder().decode(open));
  } catch {
    // Not what the server sealed.
    return null;
  }
}
