import * as v from 'valibot';
import {
  captionMessage,
  captionsTopic,
  readLine,
  type CaptionLine,
  type CaptionMessage
} from '../../captions.ts';
import type { CallEncryption } from '../../encryption.ts';

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

/**
 * The line of a message that says to be the server's. In the clear only where the server told that the call is not
 * encrypted: else whoever passes messages on could put words into somebody's mouth.
 * @param told null: not yet known. @returns null where it is none, or not to be believed
 */
export async function lineOf(bytes: Uint8Array, told: CallEncryption | null): Promise<CaptionLine | null> {
  const read = v.safeParse(captionMessage, parsed(bytes));
  if (!read.success || !told) return null;
  const message = read.output;
  if (message.kind === 'plain') return told.on ? null : message.line;
  const line = await openLine(message, told.epoch === message.epoch ? told.key : null);
  return line ? readLine(line) : null;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Not one of ours.
    return null;
  }
}

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
