import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The Transit engine's calls that the app makes, as Vault answers them: real encryption, versions, derived keys. */
export interface Transit {
  address: string;
  token: string;
  /** The paths asked for, in order. */
  asked: string[];
  makeKey(name: string, options: { derived: boolean }): void;
  seal(sealed: boolean): void;
  close(): Promise<void>;
}

interface TransitKey {
  derived: boolean;
  versions: Buffer[];
}
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startTransit(): Promise<Transit> {
  const token = randomBytes(8).toString('hex');
  const keys = new Map<string, TransitKey>();
  const asked: string[] = [];
  let sealed = false;

  const keyOf = (name: string): TransitKey => {
    const key = keys.get(name);
    if (!key) throw new Refusal(404, 'no key');
    return key;
  };
  const secretOf = (key: TransitKey, version: number, context: string): Buffer => {
    const secret = key.versions[version - 1];
    if (!secret) throw new Refusal(400, 'invalid ciphertext: version');
    if (!key.derived) return secret;
    if (!context) throw new Refusal(400, 'missing context for key derivation');
    return Buffer.from(hkdfSync('sha256', secret, '', Buffer.from(context, 'base64'), 32));
  };
  const encrypt = (key: TransitKey, plaintext: string, context: string) => {
    const version = key.versions.length;
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', secretOf(key, version, context), iv);
    const body = Buffer.concat([iv, cipher.update(plaintext, 'base64'), cipher.final(), cipher.getAuthTag()]);
    return { ciphertext: `vault:v${version}:${body.toString('base64')}`, key_version: version };
  };
  const decrypt = (key: TransitKey, ciphertext: string, context: string): string => {
    const [, version, text] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
    if (!version || !text) throw new Refusal(400, 'invalid ciphertext: no prefix');
    const body = Buffer.from(text, 'base64');
    const decipher = createDecipheriv(
      'aes-256-gcm',
      secretOf(key, Number(version), context),
      body.subarray(0, 12)
    );
    decipher.setAuthTag(body.subarray(-16));
    try {
      return Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]).toString('base64');
    } catch {
      throw new Refusal(400, 'cipher: message authentication failed');
    }
  };

  const answer = async (request: IncomingMessage): Promise<object | null> => {
    const path = request.url ?? '';
    asked.push(`${request.method} ${path}`);
    if (sealed) throw new Refusal(503, 'Vault is sealed');
    if (request.headers['x-vault-token'] !== token) throw new Refusal(403, 'permission denied');
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = parts.length ? (JSON.parse(Buffer.concat(parts).toString()) as Record<string, string>) : {};
    const [, verb, name = '', more] = /^\/v1\/transit\/(\w+)\/([\w-]+)(\/rotate)?$/.exec(path) ?? [];
    const { plaintext = '', ciphertext = '', context = '' } = body;
    if (verb === 'keys' && more && request.method === 'POST') {
      keyOf(name).versions.push(randomBytes(32));
      return null;
    }
    if (verb === 'keys' && request.method === 'GET') {
      const { derived, versions } = keyOf(name);
      return { data: { name, derived, type: 'aes256-gcm96', latest_version: versions.length } };
    }
    const key = keyOf(name);
    if (verb === 'encrypt') return { data: encrypt(key, plaintext, context) };
    if (verb === 'decrypt') return { data: { plaintext: decrypt(key, ciphertext, context) } };
    if (verb === 'rewrap') return { data: encrypt(key, decrypt(key, ciphertext, context), context) };
    throw new Refusal(404, 'unsupported path');
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (data) => {
        if (data === null) response.writeHead(204).end();
        else
          response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify({ request_id: 'test', ...data }));
      },
      (error: unknown) => {
        const status = error instanceof Refusal ? error.status : 500;
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ errors: [String(error)] }));
      }
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    asked,
    makeKey: (name, { derived }) => void keys.set(name, { derived, versions: [randomBytes(32)] }),
    seal: (value) => void (sealed = value),
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      })
  };
}
