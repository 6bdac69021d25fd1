import { createServer } from 'node:http';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelsPath } from '#lib/kernel/models-path.ts';
import { silent } from '../../tests/support/silent.ts';
import { repositoryRoot } from '../config.ts';
import { fieldAt, follow, numbersAt, tablesAt } from './flatbuffer.ts';
import { facePoints } from './face-points.ts';
import { dropOwnModels, takeOwnModels } from './own.ts';
import { ensureModels, makeModels } from './prepare.ts';
import { modelRequests } from './serve.ts';

let made: Awaited<ReturnType<typeof makeModels>>;
let folder: string;
beforeAll(async () => {
  made = await makeModels(repositoryRoot);
  folder = await mkdtemp(join(tmpdir(), 'models-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Stored entries of a ZIP file by their local headers. */
function entries(zip: Buffer): Map<string, { at: number; bytes: Buffer }> {
  const found = new Map<string, { at: number; bytes: Buffer }>();
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50;) {
    const name = zip.toString('utf8', at + 30, at + 30 + zip.readUInt16LE(at + 26));
    const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
    const end = start + zip.readUInt32LE(at + 22);
    found.set(name, { at: start, bytes: zip.subarray(start, end) });
    at = end;
  }
  return found;
}

function outputShapes(model: Buffer): number[][] {
  const [graph] = tablesAt(model, fieldAt(model, follow(model, 0), 2));
  const tensors = tablesAt(model, fieldAt(model, graph!, 0));
  return numbersAt(model, fieldAt(model, graph!, 2)).map((i) =>
    numbersAt(model, fieldAt(model, tensors[i]!, 0))
  );
}

describe('models from the packages', () => {
  test('the face landmarker has its two models, aligned; the second gives 478 points, then presence', () => {
    const models = entries(made.get('face_landmarker.task')!);
    expect([...models.keys()]).toEqual(['face_detector.tflite', 'face_landmarks_detector.tflite']);
    for (const { at, bytes } of models.values()) {
      expect(at % 16).toBe(0);
      expect(bytes.includes('TFLITE_METADATA')).toBe(true);
    }
    expect(outputShapes(models.get('face_landmarks_detector.tflite')!.bytes)).toEqual([
      [1, 1, 1, 3 * 478],
      [1, 1, 1, 1]
    ]);
  });

  test('every point takes its place from one output, lips and eyes from the finer ones', () => {
    const { pick } = facePoints();
    expect(pick).toHaveLength(3 * 478);
    const mesh = 3 * 468;
    expect(new Set(pick.filter((from) => from >= mesh)).size).toBe(160 + 2 * 142 + 2 * 10);
    for (const lip of [13, 14, 78, 308]) expect(pick[3 * lip]).toBeGreaterThanOrEqual(mesh);
    expect(pick[0]).toBeGreaterThanOrEqual(mesh);
    expect(pick[3 * 152]).toBe(3 * 152);
  });

  test('a package that holds something else is refused', async () => {
    const root = join(folder, 'other');
    const packages = join(root, 'node_modules', '@mediapipe');
    await mkdir(packages, { recursive: true });
    await expect(makeModels(root)).rejects.toThrow('is missing: run npm ci');
    for (const name of ['selfie_segmentation', 'face_mesh', 'tasks-vision'])
      await cp(join(repositoryRoot, 'node_modules', '@mediapipe', name), join(packages, name), {
        recursive: true,
        dereference: true
      });
    const file = join(packages, 'selfie_segmentation', 'selfie_segmentation_landscape.tflite');
    await writeFile(file, 'TFL3');
    await expect(ensureModels(root)).rejects.toThrow('is not the file it should be');
  });
});

test('served packed with their kind, kept by a tag; a site’s own go before; other names are nothing', async () => {
  const dataDir = join(folder, 'data');
  const handle = modelRequests({ prepared: await ensureModels(repositoryRoot), dataDir, log: silent });
  const server = createServer((request, response) => {
    if (!handle(request, response)) response.writeHead(418).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  try {
    const runtime = await ask(`${modelsPath}/vision_wasm_module_internal.wasm`);
    expect(runtime.headers.get('content-type')).toBe('application/wasm');
    expect(runtime.headers.get('content-encoding')).toBe('gzip');
    expect((await runtime.arrayBuffer()).byteLength).toBe(11_153_641);
    const name = `${modelsPath}/selfie_segmenter.tflite`;
    const first = await ask(name);
    expect(Buffer.from(await first.arrayBuffer())).toEqual(made.get('selfie_segmenter.tflite'));
    const again = await ask(name, { headers: { 'if-none-match': first.headers.get('etag')! } });
    expect(again.status).toBe(304);
    expect(await (await ask(`${modelsPath}/NOTICE.txt`)).text()).toContain('Modified');
    for (const path of ['', '/', '/..%2fpackage.json', '/selfie_segmenter.tflite.gz'])
      expect([418, 404]).toContain((await ask(`${modelsPath}${path}`)).status);
    expect((await ask(name, { method: 'POST' })).status).toBe(405);

    const own = join(folder, 'own');
    await mkdir(own);
    await expect(takeOwnModels(dataDir, own)).rejects.toThrow('neither');
    await writeFile(join(own, 'selfie_segmenter.tflite'), 'no model');
    await expect(takeOwnModels(dataDir, own)).rejects.toThrow('no such model');
    await writeFile(join(own, 'selfie_segmenter.tflite'), '\u001c\0\0\0TFL3 of the site');
    expect(await takeOwnModels(dataDir, own)).toEqual(['selfie_segmenter.tflite']);
    expect(await (await ask(name)).text()).toContain('of the site');
    await dropOwnModels(dataDir);
    expect((await ask(name)).headers.get('etag')).toBe(first.headers.get('etag'));
  } finally {
    server.close();
  }
});
