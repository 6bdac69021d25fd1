import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { selfSigned } from '../../tests/support/certificate.ts';
import { checkTurnCertificate } from './turn-certificate.ts';

let folder: string;
const file = (name: string) => join(folder, name);
const check = (certFile: string, keyFile: string) =>
  checkTurnCertificate({
    outside: null,
    turn: {
      domain: 'turn.example.org',
      udpPort: 3478,
      tls: { port: 5349, certFile: file(certFile), keyFile: file(keyFile) }
    }
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-turn-'));
  const [own, other] = [selfSigned('turn.example.org'), selfSigned('turn.example.org')];
  await writeFile(file('cert.pem'), own.cert);
  await writeFile(file('key.pem'), own.key);
  await writeFile(file('other.pem'), other.key);
  await writeFile(file('empty.pem'), '');
  await writeFile(file('torn.pem'), own.cert.slice(0, 200));
  await writeFile(file('cert.der'), Buffer.from(own.cert.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('[SFU-13] a certificate with its key passes', async () => {
  await check('cert.pem', 'key.pem');
});

it.each([
  ['none.pem', 'key.pem', /^TURN_CERT_FILE: the file cannot be read \(ENOENT.*none\.pem/],
  ['.', 'key.pem', /^TURN_CERT_FILE: the file cannot be read \(EISDIR/],
  ['empty.pem', 'key.pem', /^TURN_CERT_FILE: .*empty\.pem is not a certificate in PEM/],
  ['torn.pem', 'key.pem', /^TURN_CERT_FILE: .*torn\.pem is not a certificate in PEM/],
  ['cert.der', 'key.pem', /^TURN_CERT_FILE: .*cert\.der is not a certificate in PEM/],
  ['key.pem', 'cert.pem', /^TURN_CERT_FILE: .*key\.pem is not a certificate in PEM/],
  ['cert.pem', 'none.pem', /^TURN_KEY_FILE: the file cannot be read/],
  ['cert.pem', 'cert.pem', /^TURN_KEY_FILE: .*cert\.pem is not a private key/],
  ['cert.pem', 'other.pem', /^TURN_KEY_FILE: .*other\.pem is not the key of the certificate/]
])('[SFU-13] %s with %s is one sentence that names the setting', async (cert, key, sentence) => {
  await expect(check(cert, key)).rejects.toMatchObject({
    name: 'StopError',
    message: expect.stringMatching(sentence) as string
  });
});

it('[SFU-13] without TLS, and with a LiveKit elsewhere, there is nothing to look at', async () => {
  await checkTurnCertificate({ outside: null, turn: { domain: 'turn', udpPort: 1, tls: null } });
  const tls = { port: 1, certFile: file('none.pem'), keyFile: file('none.pem') };
  await checkTurnCertificate({
    outside: { url: 'wss://sfu.example.org', apiKey: 'k', apiSecret: 's' },
    turn: { domain: 'turn', udpPort: 1, tls }
  });
});
