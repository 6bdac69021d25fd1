import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';

/** A signed head of one organisation's chain. */
export interface Checkpoint {
  organisationId: string;
  /** Events it covers: 1 … size. */
  size: number;
  /** RFC 6962 root over the hashes of those events. */
  root: Buffer;
  /** ISO 8601, when it was signed. */
  at: string;
}

/** Ed25519, wherever the private key lies. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

const ed25519 = 0x01;
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/** @param seed 32 random bytes */
export function signerOf(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { publicKey, sign: (bytes) => sign(null, bytes, key) };
}

/** The public key as tools for signed notes take it: `name+keyid+base64`. */
export function verifierKey(organisationId: string, publicKey: Uint8Array): string {
  const name = originOf(organisationId);
  const key = Buffer.concat([Buffer.of(ed25519), publicKey]);
  return `${name}+${keyId(name, publicKey).toString('hex')}+${key.toString('base64')}`;
}

/** @returns the public key in `text`, a verifier key. @throws Error where it is none */
export function parseVerifierKey(text: string): Uint8Array {
  const bytes = Buffer.from(text.trim().split('+').slice(2).join('+'), 'base64');
  if (bytes.length !== 33 || bytes[0] !== ed25519) throw new Error('not a verifier key');
  return bytes.subarray(1);
}

/** A signed note (c2sp.org/signed-note) whose text is a checkpoint (c2sp.org/tlog-checkpoint), time in an extension line. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  const name = originOf(checkpoint.organisationId);
  const text = `${name}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\ntime ${checkpoint.at}\n`;
  const signature = signer.sign(Buffer.from(text));
  const signed = Buffer.concat([keyId(name, signer.publicKey), signature]).toString('base64');
  return `${text}\n\u2014 ${name} ${signed}\n`;
}

export type ReadCheckpoint =
  | { ok: true; checkpoint: Checkpoint; note: string }
  | { ok: false; size: number; reason: 'signature' | 'order' | 'form' };

const form =
  /^consilium\/audit\/([0-9a-f-]{36})\n(\d{1,15})\n([A-Za-z0-9+/]{43}=)\ntime (\S+)\n\n\u2014 (\S+) ([A-Za-z0-9+/=]+)\n$/;

/**
 * The notes of a checkpoint file, oldest first, each judged by itself and by the order of sizes. A last note that
 * was not written to its end (a power cut) is left out; `wholeBytes` says where the whole ones end.
 */
export function readCheckpoints(
  file: string,
  organisationId: string,
  publicKey: Uint8Array
): { notes: ReadCheckpoint[]; wholeBytes: number } {
  const notes: ReadCheckpoint[] = [];
  let size = 0;
  let at = 0;
  for (;;) {
    const middle = file.indexOf('\n\n', at);
    const end = middle < 0 ? -1 : file.indexOf('\n\n', middle + 2);
    if (end < 0) break;
    const read = readNote(file.slice(at, end + 1), organisationId, publicKey);
    if (read.ok && read.checkpoint.size < size)
      notes.push({ ok: false, size: read.checkpoint.size, reason: 'order' });
    else notes.push(read);
    if (read.ok) size = Math.max(size, read.checkpoint.size);
    at = end + 2;
  }
  return { notes, wholeBytes: Buffer.byteLength(file.slice(0, at)) };
}

function readNote(note: string, organisationId: string, publicKey: Uint8Array): ReadCheckpoint {
  const match = form.exec(note);
  const size = Number(match?.[2] ?? note.split('\n')[1]) || 0;
  const [, organisation, , root = '', at = '', name = '', signed = ''] = match ?? [];
  if (!match || organisation !== organisationId || name !== originOf(organisationId))
    return { ok: false, size, reason: 'form' };
  const bytes = Buffer.from(signed, 'base64');
  const text = Buffer.from(note.slice(0, note.indexOf('\n\n') + 1));
  const good =
    bytes.length === 68 &&
    bytes.subarray(0, 4).equals(keyId(name, publicKey)) &&
    verify(null, text, keyObject(publicKey), bytes.subarray(4));
  if (!good) return { ok: false, size, reason: 'signature' };
  return { ok: true, note, checkpoint: { organisationId, size, root: Buffer.from(root, 'base64'), at } };
}

function originOf(organisationId: string): string {
  return `consilium/audit/${organisationId}`;
}

function keyObject(publicKey: Uint8Array) {
  return createPublicKey({ key: Buffer.concat([spkiHead, publicKey]), format: 'der', type: 'spki' });
}

function keyId(name: string, publicKey: Uint8Array): Buffer {
  const text = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), publicKey]);
  return hash('sha256', text, 'buffer').subarray(0, 4);
}
