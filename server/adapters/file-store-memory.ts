import { createHash } from 'node:crypto';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import type { FileStore } from '#lib/kernel/ports.ts';

/** Files in memory, for tests. Passes the same contract suite as the local store. */
export function createMemoryFileStore(): FileStore {
  const files = new Map<string, Buffer>();
  const keyOf = (organisationId: string, sha256: string) => `${organisationId}/${sha256}`;
  return {
    async put(organisationId, source, { maxBytes, accept }) {
      const parts: Uint8Array[] = [];
      let size = 0;
      try {
        for await (const part of source) {
          size += part.length;
          if (size > maxBytes)
            throw fail('file_too_large', { limitMegabytes: Math.floor(maxBytes / 1048576) });
          parts.push(part.slice());
        }
      } catch (error) {
        throw asAppError(error) ?? fail('upload_broken', {}, error);
      }
      const whole = Buffer.concat(parts);
      const sha256 = createHash('sha256').update(whole).digest('hex');
      await accept?.({ sha256, size }, () => chunksOf(whole));
      files.set(keyOf(organisationId, sha256), whole);
      return { sha256, size };
    },
    async get(organisationId, sha256) {
      const whole = files.get(keyOf(organisationId, sha256));
      if (!whole) throw fail('not_found');
      return chunksOf(whole);
    },
    async remove(organisationId, sha256) {
      files.delete(keyOf(organisationId, sha256));
    }
  };
}

async function* chunksOf(whole: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += 65_536) yield whole.subarray(at, at + 65_536);
}
