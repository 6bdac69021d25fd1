import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  verify,
  type ECDH
} from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { selfSigned } from './certificate.ts';

/** What a push service handed on to a browser, which has opened it. */
export interface Delivered {
  /** Of the subscription it is for. */
  endpoint: string;
  /** As the sender wrote it. */
  text: string;
  message: unknown;
  /** Of the request, before it was opened. */
  bytes: number;
  headers: Record<string, string | undefined>;
  /** What the token of the sender says (RFC 8292), its signature checked against the key of the subscription. */
  claims: { aud: string; exp: number; sub: string };
}

export interface PushPeer {
  /** As PUSH_HOSTS takes it. */
  host: string;
  /** PEM. */
  ca: string;
  /** A browser that subscribes: what it tells the app. */
  subscribe(): { endpoint: string; p256dh: string; auth: string };
  delivered: Delivered[];
  /** What it answers instead of 201. */
  answers: number | null;
  close(): Promise<void>;
}

/** A push service and the browsers behind it, as RFC 8030, 8188, 8291 and 8292 say. Refuses what does not fit. */
export async function openPushPeer(publicKey: () => string): Promise<PushPeer> {
  const { cert, key } = selfSigned('localhost');
  const browsers = new Map<string, { own: ECDH; auth: Buffer }>();
  const web = createServer({ cert, key }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const browser = browsers.get(request.url ?? '');
      if (peer.answers !== null || !browser) {
        response.writeHead(peer.answers ?? 404).end();
        return;
      }
      const body = Buffer.concat(parts);
      const { authorization, ttl, topic, urgency } = request.headers as Record<string, string | undefined>;
      try {
        if (request.headers['content-encoding'] !== 'aes128gcm' || !ttl) throw new Error('headers');
        const plain = open(body, browser).toString('utf8');
        peer.delivered.push({
          endpoint: `${origin}${request.url}`,
          text: plain,
          message: JSON.parse(plain),
          bytes: body.length,
          headers: { ttl, topic, urgency },
          claims: claimsOf(authorization ?? '', publicKey(), origin)
        });
        response.writeHead(201).end();
      } catch (error) {
        refused.push(error);
        response.writeHead(400).end();
      }
    });
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const host = `localhost:${address.port}`;
  const origin = `https://${host}`;
  const refused: unknown[] = [];
  const peer: PushPeer = {
    host,
    ca: cert,
    delivered: [],
    answers: null,
    subscribe() {
      const own = createECDH('prime256v1');
      own.generateKeys();
      const auth = randomBytes(16);
      const path = `/push/${randomBytes(12).toString('hex')}`;
      browsers.set(path, { own, auth });
      const [p256dh, secret] = [own.getPublicKey(), auth].map((bytes) => bytes.toString('base64url'));
      return { endpoint: `${origin}${path}`, p256dh: p256dh!, auth: secret! };
    },
    async close() {
      web.closeAllConnections();
      web.close();
      if (refused.length) throw new AggregateError(refused, 'the push service refused messages');
    }
  };
  return peer;
}

/** RFC 8291, from the browser's side. */
function open(body: Buffer, { own, auth }: { own: ECDH; auth: Buffer }): Buffer {
  const salt = body.subarray(0, 16);
  const size = body.readUInt32BE(16);
  const sender = body.subarray(21, 21 + body.readUInt8(20));
  const record = body.subarray(21 + sender.length);
  if (record.length > size) throw new Error('more than one record');
  const hkdf = (material: Buffer, with_: Buffer, info: Buffer, bytes: number) =>
    Buffer.from(hkdfSync('sha256', material, with_, info, bytes));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), sender]);
  const material = hkdf(own.computeSecret(sender), auth, info, 32);
  const key = hkdf(material, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = hkdf(material, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  const end = plain.findLastIndex((byte) => byte !== 0);
  if (plain[end] !== 2) throw new Error('not the last record');
  return plain.subarray(0, end);
}

function claimsOf(authorization: string, publicKey: string, audience: string): Delivered['claims'] {
  const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? [];
  if (key !== publicKey) throw new Error('not the key the browser subscribed with');
  const [head = '', claims = '', signature = ''] = token.split('.');
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const signer = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' });
  const signed = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: signer, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url')
  );
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Delivered['claims'];
  const left = read.exp - Date.now() / 1_000;
  if (!signed || read.aud !== audience || left < 0 || left > 24 * 3_600) throw new Error('token');
  return read;
}
