import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { StopError } from '../launch/stop-error.ts';
import { uniqueName } from '../launch/service-user.ts';
import { facePoints } from './face-points.ts';
import { taskFile } from './task-file.ts';
import { prepareModel } from './tflite.ts';

const pack = promisify(gzip);

/** Raised when what is made of the same sources changes. */
const recipe = 1;

/** What the models are made from, as the packages of package.json bring it. */
const sources = {
  segmenter: {
    file: 'selfie_segmentation/selfie_segmentation_landscape.tflite',
    sha256: '4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894'
  },
  face: {
    file: 'face_mesh/face_mesh_solution_packed_assets.data',
    sha256: 'dbe5905c582c0462cdaea17e7e6ecea92edaa8cccc515c5e2e7291f2cbb5fb99'
  },
  runtime: {
    file: 'tasks-vision/wasm/vision_wasm_module_internal.js',
    sha256: '1f1d6215324a1fe62f6742d49a3db911170987ca18ad8c1b75f1a1c82acf2b44'
  },
  runtimeCode: {
    file: 'tasks-vision/wasm/vision_wasm_module_internal.wasm',
    sha256: '617b8e0248dbd27e9d7ece4218004eae4cefb499196d1bb4fa0e3fef21708756'
  }
} as const;

/** Bytes of the models within the face mesh's packed assets, as its loader lists them. */
const packed = { attention: [0, 2_495_952], detector: [3_757_224, 3_986_256] } as const;

const half = { mean: 127.5, std: 127.5 };
const unit = { mean: 0, std: 255 };

export const modelNames = ['face_landmarker.task', 'selfie_segmenter.tflite'] as const;
const runtimeNames = ['vision_wasm_module_internal.js', 'vision_wasm_module_internal.wasm'] as const;
export const servedNames = [...modelNames, ...runtimeNames, 'LICENSE.txt', 'NOTICE.txt'] as const;
export type ServedName = (typeof servedNames)[number];

const notice = `Models of MediaPipe, (c) The MediaPipe Authors / Google, under the Apache License 2.0 (LICENSE.txt).

selfie_segmenter.tflite     from @mediapipe/selfie_segmentation 0.1.1675465747. Modified: metadata was added.
face_landmarker.task        from @mediapipe/face_mesh 0.4.1633559619. Modified: metadata was added to both models;
                            the outputs of the landmark model were merged into one of 478 points.
vision_wasm_module_internal from @mediapipe/tasks-vision 0.10.35, unchanged.
`;

/** Where prepared models lie: beside the packages they come from, so that new packages bring new ones. */
export function preparedFolder(root: string): string {
  return join(root, 'node_modules', '.cache', 'consilium', `models-${recipe}`);
}

/**
 * Make the models and the code that runs them ready to be served, where that has not been done. Under a second.
 * @returns the folder
 * @throws StopError where a package is missing or holds something else than it should
 */
export async function ensureModels(root: string): Promise<string> {
  const folder = preparedFolder(root);
  if (await isFolder(folder)) return folder;
  const halfMade = join(folder, '..', uniqueName('models'));
  try {
    await mkdir(halfMade, { recursive: true });
    for (const [name, bytes] of await makeModels(root)) {
      await writeFile(join(halfMade, name), bytes);
      await writeFile(join(halfMade, `${name}.gz`), await pack(bytes));
    }
    await rename(halfMade, folder).catch(async (error: unknown) => {
      // Another start was quicker.
      if (!(await isFolder(folder))) throw error;
    });
  } finally {
    await rm(halfMade, { recursive: true, force: true });
  }
  return folder;
}

/** All that is served, by name. @throws StopError */
export async function makeModels(root: string): Promise<Map<ServedName, Buffer>> {
  const [segmenter, face, runtime, runtimeCode] = await Promise.all([
    source(root, 'segmenter'),
    source(root, 'face'),
    source(root, 'runtime'),
    source(root, 'runtimeCode')
  ]);
  const part = ([from, to]: readonly [number, number]) => Buffer.from(face.subarray(from, to));
  return new Map<ServedName, Buffer>([
    ['selfie_segmenter.tflite', prepareModel(segmenter, unit)],
    [
      'face_landmarker.task',
      taskFile([
        { name: 'face_detector.tflite', bytes: prepareModel(part(packed.detector), half) },
        {
          name: 'face_landmarks_detector.tflite',
          bytes: prepareModel(part(packed.attention), unit, facePoints())
        }
      ])
    ],
    ['vision_wasm_module_internal.js', runtime],
    ['vision_wasm_module_internal.wasm', runtimeCode],
    ['LICENSE.txt', await readFile(join(root, 'LICENSE'))],
    ['NOTICE.txt', Buffer.from(notice)]
  ]);
}

async function source(root: string, name: keyof typeof sources): Promise<Buffer> {
  const { file, sha256 } = sources[name];
  const bytes = await readFile(join(root, 'node_modules', '@mediapipe', file)).catch((cause: unknown) => {
    throw new StopError(`@mediapipe/${file} is missing: run npm ci.`, { cause });
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256)
    throw new StopError(`@mediapipe/${file} is not the file it should be: run npm ci.`);
  return bytes;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false
  );
}
