import { copyFile, mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StopError } from '../launch/stop-error.ts';
import { modelNames } from './prepare.ts';

/** Models of the site's own, which go before those of the packages. */
export function ownFolder(dataDir: string): string {
  return join(dataDir, 'models');
}

type ModelName = (typeof modelNames)[number];
/** First bytes at an offset: a task is a ZIP file, a TFLite model names itself at the fifth byte. */
const marks: Record<ModelName, { at: number; bytes: string }> = {
  'face_landmarker.task': { at: 0, bytes: 'PK\u0003\u0004' },
  'selfie_segmenter.tflite': { at: 4, bytes: 'TFL3' }
};

/**
 * Take over the models that lie in `from` under the names of `modelNames`; served from the next request on.
 * @returns their names
 * @throws StopError where there is none, or one is something else
 */
export async function takeOwnModels(dataDir: string, from: string): Promise<ModelName[]> {
  const found: ModelName[] = [];
  for (const name of modelNames) {
    if (
      await stat(join(from, name)).then(
        (file) => file.isFile(),
        () => false
      )
    )
      found.push(name);
  }
  if (found.length === 0) throw new StopError(`In ${from} is neither ${modelNames.join(' nor ')}.`);
  for (const name of found) {
    if (!(await isMarked(join(from, name), name)))
      throw new StopError(`${join(from, name)} is no such model.`);
  }
  await mkdir(ownFolder(dataDir), { recursive: true });
  for (const name of found) await copyFile(join(from, name), join(ownFolder(dataDir), name));
  return found;
}

/** Back to the models of the packages. */
export async function dropOwnModels(dataDir: string): Promise<void> {
  await rm(ownFolder(dataDir), { recursive: true, force: true });
}

async function isMarked(path: string, name: ModelName): Promise<boolean> {
  const { at, bytes } = marks[name];
  const file = await open(path);
  try {
    const head = Buffer.alloc(bytes.length);
    await file.read(head, 0, bytes.length, at);
    return head.toString('latin1') === bytes;
  } finally {
    await file.close();
  }
}
