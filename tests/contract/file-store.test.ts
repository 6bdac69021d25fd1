import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileStore } from '#lib/kernel/ports.ts';
import { createMemoryFileStore } from '../../server/adapters/file-store-memory.ts';
import { createLocalFileStore } from '../../server/adapters/file-store.ts';

const home = '018f3c00-0000-7000-8000-000000000001';
const other = '018f3c00-0000-7000-8000-000000000002';
const masterKey = randomBytes(32);
const roomy = { maxBytes: 10_000_000 };

async function* inParts(whole: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}
const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const kinds: [string, () => FileStore][] = [
  ['in memory', () => createMemoryFileStore()],
  [
    'in a local folder',
    () => createLocalFileStore({ folder: join(folder, randomBytes(4).toString('hex')), masterKey })
  ]
];

describe.each(kinds)('file store %s', (_, make) => {
  test.each([0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_003])(
    '%i bytes come back as they were put',
    async (size) => {
      const store = make();
      const bytes = randomBytes(size);
      expect(await store.put(home, inParts(bytes, 10_007), roomy)).toEqual({ sha256: shaOf(bytes), size });
      expect((await collect(await store.get(home, shaOf(bytes)))).equals(bytes)).toBe(true);
    }
  );

  test('the same bytes twice are one file', async () => {
    const store = make();
    const bytes = randomBytes(100);
    const first = await store.put(home, inParts(bytes, 7), roomy);
    expect(await store.put(home, inParts(bytes, 50), roomy)).toEqual(first);
    expect((await collect(await store.get(home, first.sha256))).equals(bytes)).toBe(true);
  });

  test('a file is looked at before it has a name, and nothing stays of one that is refused', async () => {
    const store = make();
    const bytes = randomBytes(200_000);
    const looks: Buffer[] = [];
    const refused = store.put(home, inParts(bytes, 10_007), {
      ...roomy,
      async accept({ size }, open) {
        expect(size).toBe(bytes.length);
        looks.push(await collect(open()), await collect(open()));
        throw new Error('no');
      }
    });
    await expect(refused).rejects.toThrow('no');
    expect(looks.every((look) => look.equals(bytes))).toBe(true);
    await expect(store.get(home, shaOf(bytes))).rejects.toMatchObject({ code: 'not_found' });
    await store.put(home, inParts(bytes, 10_007), { ...roomy, accept: async () => {} });
    expect((await collect(await store.get(home, shaOf(bytes)))).equals(bytes)).toBe(true);
  });

  test('another organisation does not find it', async () => {
    const store = make();
    const { sha256 } = await store.put(home, inParts(randomBytes(10), 10), roomy);
    await expect(store.get(other, sha256)).rejects.toMatchObject({ code: 'not_found' });
    await expect(store.get(home, shaOf(randomBytes(4)))).rejects.toMatchObject({ code: 'not_found' });
  });

  test('stops at the limit without reading on', async () => {
    const store = make();
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 65_536;
        yield new Uint8Array(65_536);
      }
    }
    await expect(store.put(home, endless(), { maxBytes: 300_000 })).rejects.toMatchObject({
      code: 'file_too_large'
    });
    expect(given).toBeLessThan(500_000);
  });

  test('a source that breaks is a broken upload; its own refusal passes through', async () => {
    const store = make();
    async function* cut() {
      yield new Uint8Array(70_000);
      throw new Error('socket closed');
    }
    await expect(store.put(home, cut(), roomy)).rejects.toMatchObject({ code: 'upload_broken' });
  });

  test('removed is gone, and removing again is quiet', async () => {
    const store = make();
    const { sha256 } = await store.put(home, inParts(randomBytes(10), 10), roomy);
    await store.remove(home, sha256);
    await store.remove(home, sha256);
    await expect(store.get(home, sha256)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('at rest', () => {
  async function stored(bytes: Buffer) {
    const root = join(folder, randomBytes(4).toString('hex'));
    const store = createLocalFileStore({ folder: root, masterKey });
    const { sha256 } = await store.put(home, inParts(bytes, 65_536), roomy);
    return { root, store, sha256, path: join(root, home, sha256.slice(0, 2), sha256) };
  }

  test('nothing of the content can be read on the disk', async () => {
    const { path } = await stored(Buffer.from('张伟 1234 '.repeat(5000)));
    expect((await readFile(path)).includes(Buffer.from('张伟'))).toBe(false);
  });

  test('a changed, cut, shortened or reordered file is refused', async () => {
    const { store, sha256, path } = await stored(randomBytes(200_000));
    const whole = await readFile(path);
    const header = 71;
    const chunk = 65_552;
    const flipped = Buffer.from(whole);
    flipped[header + 100]! ^= 1;
    const swapped = Buffer.concat([
      whole.subarray(0, header),
      whole.subarray(header + chunk, header + 2 * chunk),
      whole.subarray(header, header + chunk),
      whole.subarray(header + 2 * chunk)
    ]);
    for (const bad of [
      flipped,
      swapped,
      whole.subarray(0, header + 2 * chunk),
      whole.subarray(0, whole.length - 1),
      whole.subarray(0, 40)
    ]) {
      await writeFile(path, bad);
      await expect(store.get(home, sha256).then(collect)).rejects.toThrow('damaged');
    }
  });

  test('another key, or another organisation’s folder, does not open it', async () => {
    const { root, sha256, path } = await stored(randomBytes(1000));
    const stranger = createLocalFileStore({ folder: root, masterKey: randomBytes(32) });
    await expect(stranger.get(home, sha256)).rejects.toThrow('damaged');
    const bytes = await readFile(path);
    const store = createLocalFileStore({ folder: root, masterKey });
    const moved = await store.put(other, inParts(randomBytes(10), 10), roomy);
    await writeFile(join(root, other, moved.sha256.slice(0, 2), moved.sha256), bytes);
    await expect(store.get(other, moved.sha256)).rejects.toThrow('damaged');
  });

  test('a refused file leaves nothing behind', async () => {
    const { root, store } = await stored(randomBytes(10));
    await expect(store.put(home, inParts(randomBytes(5000), 100), { maxBytes: 1000 })).rejects.toMatchObject({
      code: 'file_too_large'
    });
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  test('keys that are no keys reach no path', async () => {
    const { store } = await stored(randomBytes(10));
    await expect(store.get('../../etc', 'a'.repeat(64))).rejects.toMatchObject({ code: 'not_found' });
    await expect(store.get(home, '../../../etc/passwd')).rejects.toMatchObject({ code: 'not_found' });
  });
});
