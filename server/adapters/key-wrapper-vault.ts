import type { KeyWrapper, WrappedKey } from '#lib/kernel/ports.ts';
import type { VaultSettings } from '../config.ts';
import { MasterKeyError } from '../keys/master-key-error.ts';

const answerWithinMs = 10_000;
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

/**
 * The master key in HashiCorp Vault's Transit engine (or OpenBao's, which speaks the same): it never comes here.
 * Calls: keys/:name (read), encrypt, decrypt, rewrap, keys/:name/rotate. The key
 * must be a derived one, so that what is bound to a data key counts.
 */
export function createVaultKeyWrapper(vault: VaultSettings): KeyWrapper {
  const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const url = new URL(`/v1/${vault.mount}/${path}`, vault.address);
    let response: Response;
    try {
      response = await fetch(url, {
        method: body ? 'POST' : 'GET',
        headers: {
          'x-vault-token': vault.token,
          'x-vault-request': 'true',
          ...(vault.namespace ? { 'x-vault-namespace': vault.namespace } : {}),
          ...(body ? { 'content-type': 'application/json' } : {})
        },
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.timeout(answerWithinMs),
        redirect: 'error'
      });
    } catch (cause) {
      throw new MasterKeyError(`Vault at ${vault.address} does not answer: check VAULT_ADDR.`, { cause });
    }
    if (!response.ok) throw refused(vault, response.status);
    const text = await response.text();
    const answer: unknown = text ? JSON.parse(text) : {};
    const data = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : {};
    return typeof data === 'object' && data !== null ? { ...data } : {};
  };

  const nameOf = (version: number) => `vault:${vault.mount}/${vault.key}:v${version}`;
  const textIn = (data: Record<string, unknown>, field: string): string => {
    const value = data[field];
    if (typeof value !== 'string') throw new MasterKeyError(`Vault's answer has no ${field}.`);
    return value;
  };
  const wrappedAs = (ciphertext: string): WrappedKey => {
    const version = /^vault:v(\d+):/.exec(ciphertext)?.[1];
    if (!version) throw new MasterKeyError('Vault answered with a ciphertext of no known form.');
    return { wrapped: ciphertext, wrappedBy: nameOf(Number(version)) };
  };
  const current = async (): Promise<string> => {
    const key = await ask(`keys/${encodeURIComponent(vault.key)}`);
    if (key['derived'] !== true)
      throw new MasterKeyError(
        `Vault's key ${vault.key} is not a derived one: make it with "vault write -f ${vault.mount}/keys/${vault.key} derived=true".`
      );
    return nameOf(Number(key['latest_version']));
  };
  const call = (verb: 'encrypt' | 'decrypt' | 'rewrap', body: Record<string, string>) =>
    ask(`${verb}/${encodeURIComponent(vault.key)}`, body);

  return {
    kind: 'vault',
    current,
    async wrap(key, context) {
      // Transit would make a key it does not know, and one that is not derived ignores the context.
      await current();
      return wrappedAs(
        textIn(await call('encrypt', { plaintext: base64(key), context: base64(context) }), 'ciphertext')
      );
    },
    async unwrap({ wrapped }, context) {
      const data = await call('decrypt', { ciphertext: wrapped, context: base64(context) });
      return Buffer.from(textIn(data, 'plaintext'), 'base64');
    },
    async rewrap({ wrapped }, context) {
      return wrappedAs(
        textIn(await call('rewrap', { ciphertext: wrapped, context: base64(context) }), 'ciphertext')
      );
    },
    async renew() {
      await ask(`keys/${encodeURIComponent(vault.key)}/rotate`, {});
      return current();
    }
  };
}

function refused(vault: VaultSettings, status: number): MasterKeyError {
  switch (status) {
    case 400:
      return new MasterKeyError(
        `Vault refused a data key: it was wrapped under another key than ${vault.mount}/${vault.key}, or was changed. Nothing was changed.`
      );
    case 403:
      return new MasterKeyError(
        `Vault refuses the token: it is out of date, or its policy does not allow ${vault.mount}/${vault.key}.`
      );
    case 404:
      return new MasterKeyError(
        `Vault has no key ${vault.mount}/${vault.key}: check VAULT_TRANSIT_KEY and VAULT_TRANSIT_MOUNT.`
      );
    case 503:
      return new MasterKeyError('Vault is sealed: unseal it, then start again.');
    default:
      return new MasterKeyError(`Vault answered ${status}.`);
  }
}
