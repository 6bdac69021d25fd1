import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { StopError } from '../launch/stop-error.ts';
import type { MediaConfig } from './types.ts';

/**
 * [SFU-13] livekit-server ends over a certificate that it cannot use, each time it is started; the reason stands in its
 * own words in a log. So it is looked at before.
 * @throws StopError naming the setting that is wrong
 */
export async function checkTurnCertificate({
  outside,
  turn
}: Pick<MediaConfig, 'outside' | 'turn'>): Promise<void> {
  // A LiveKit elsewhere has a certificate of its own.
  if (outside || !turn?.tls) return;
  const { certFile, keyFile } = turn.tls;
  const certificate = made(
    'TURN_CERT_FILE',
    certFile,
    'a certificate in PEM',
    (text) => new X509Certificate(text),
    await read('TURN_CERT_FILE', certFile)
  );
  const key = made(
    'TURN_KEY_FILE',
    keyFile,
    'a private key in PEM without a password',
    createPrivateKey,
    await read('TURN_KEY_FILE', keyFile)
  );
  if (!certificate.checkPrivateKey(key))
    throw new StopError(
      `TURN_KEY_FILE: ${keyFile} is not the key of the certificate in TURN_CERT_FILE, ${certFile}.`
    );
}

async function read(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StopError(`${name}: the file cannot be read (${reason}).`, { cause });
  }
}

function made<T>(name: string, file: string, what: string, make: (text: string) => T, text: string): T {
  try {
    // Node takes DER as well, LiveKit does not.
    if (!text.includes('-----BEGIN ')) throw new Error('no PEM');
    return make(text);
  } catch (cause) {
    throw new StopError(`${name}: ${file} is not ${what}.`, { cause });
  }
}
