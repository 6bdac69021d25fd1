import { createCipheriv, createECDH, hkdfSync, randomBytes, type ECDH } from 'node:crypto';

/** The keys a browser gave with its subscription. */
export interface PushKeys {
  /** P-256 point, uncompressed, base64url. */
  p256dh: string;
  /** 16 bytes, base64url. */
  auth: string;
}

const curve = 'prime256v1';
const recordBytes = 4_096;
const saltBytes = 16;
const pointBytes = 65;

/**
 * A message for one browser as RFC 8291 says (aes128gcm of RFC 8188, one record). Filled up to `padTo` bytes, so that
 * its length says nothing.
 * @throws RangeError where it does not fit into `padTo`; Error where the keys are no point of the curve
 */
export function encryptPush(
  message: Uint8Array,
  keys: PushKeys,
  {
    padTo,
    salt = randomBytes(saltBytes),
    sender = newSender()
  }: { padTo: number; salt?: Uint8Array; sender?: ECDH }
): Buffer {
  if (message.length > padTo) throw new RangeError('push message too long');
  const receiver = Buffer.from(keys.p256dh, 'base64url');
  const own = sender.getPublicKey();
  const shared = sender.computeSecret(receiver);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, own]);
  const material = hkdf(shared, Buffer.from(keys.auth, 'base64url'), info, 32);
  const key = hkdf(material, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = hkdf(material, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  // 2 ends the last record; zeros fill it up.
  const plain = Buffer.concat([message, Buffer.from([2]), Buffer.alloc(padTo - message.length)]);
  const head = Buffer.alloc(saltBytes + 5);
  head.set(salt);
  head.writeUInt32BE(recordBytes, saltBytes);
  head.writeUInt8(pointBytes, saltBytes + 4);
  return Buffer.concat([head, own, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function newSender(): ECDH {
  const sender = createECDH(curve);
  sender.generateKeys();
  return sender;
}

function hkdf(material: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', material, salt, info, bytes));
}
