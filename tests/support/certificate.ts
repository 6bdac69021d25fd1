import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM. */
  key: string;
  /** SHA-256 of its public key, base64: how Chromium is told to trust it. */
  fingerprint: string;
}

const dayMs = 86_400_000;
const ecdsaWithSha256 = '06082a8648ce3d040302';
const subjectAltName = '0603551d11';

/** DER: one value with its tag and length. */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  // As short as can be, or it is not DER.
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const sequence = (...content: Uint8Array[]) => der(0x30, ...content);
const hex = (text: string) => Buffer.from(text, 'hex');
const utcTime = (at: number) =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));

/** A certificate for `host` (a name or an IPv4 address) that signs itself, good for a day (RFC 5280). */
export function selfSigned(host: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(hex(ecdsaWithSha256));
  const nobody = sequence();
  const name = isIPv4(host)
    ? der(0x87, Uint8Array.from(host.split('.').map(Number)))
    : der(0x82, Buffer.from(host));
  const toSign = sequence(
    der(0xa0, hex('020102')),
    der(0x02, Buffer.concat([hex('01'), randomBytes(8)])),
    algorithm,
    nobody,
    sequence(utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs)),
    nobody,
    spki,
    // Critical, as the name is here alone.
    der(0xa3, sequence(sequence(hex(subjectAltName), hex('0101ff'), der(0x04, sequence(name)))))
  );
  const signature = sign('sha256', toSign, privateKey);
  const whole = sequence(toSign, algorithm, der(0x03, hex('00'), signature));
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n').trim();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: createHash('sha256').update(spki).digest('base64')
  };
}
