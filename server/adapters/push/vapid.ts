import { createECDH, createPrivateKey, hkdfSync, sign, type KeyObject } from 'node:crypto';

/** Who sends, to push services (RFC 8292). */
export interface Vapid {
  /** P-256 point, uncompressed, base64url: browsers bind their subscription to it. */
  publicKey: string;
  /** The value of `Authorization` for one push service. */
  authorise(endpoint: URL, now: Date): string;
}

const livesSeconds = 12 * 3_600;

/**
 * The same key in every process that has the secret, and after each start: a subscription is bound to it.
 * @param contact `mailto:…` or `https://…` of whoever runs the site
 */
export function vapidFrom(secret: Uint8Array, contact: string): Vapid {
  const { key, publicKey } = keyFrom(secret);
  return {
    publicKey,
    authorise({ origin }, now) {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const exp = Math.floor(now.getTime() / 1_000) + livesSeconds;
      const text = `${part({ typ: 'JWT', alg: 'ES256' })}.${part({ aud: origin, exp, sub: contact })}`;
      const signed = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
      return `vapid t=${text}.${signed.toString('base64url')}, k=${publicKey}`;
    }
  };
}

function keyFrom(secret: Uint8Array): { key: KeyObject; publicKey: string } {
  const pair = createECDH('prime256v1');
  for (let turn = 0; ; turn++) {
    const d = Buffer.from(hkdfSync('sha256', secret, '', `consilium push key ${turn}`, 32));
    try {
      pair.setPrivateKey(d);
    } catch (error) {
      // One in 2³² numbers is not below the curve's order.
      if (turn < 8) continue;
      throw error;
    }
    const point = pair.getPublicKey();
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
    const jwk = { kty: 'EC', crv: 'P-256', d: d.toString('base64url'), x: x!, y: y! };
    return { key: createPrivateKey({ key: jwk, format: 'jwk' }), publicKey: point.toString('base64url') };
  }
}
