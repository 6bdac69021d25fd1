/// <reference lib="webworker" />
/** Tells person from background in pictures of one's own camera, on this device. */
import { FilesetResolver, ImageSegmenter } from '@mediapipe/tasks-vision';
import { modelsPath } from '#lib/kernel/models-path.ts';
import { alphaOf } from './mask.ts';

/** `mask`: opaque where the person is, of the size of the picture that was sent. */
export type FromPersonWorker =
  { kind: 'ready' } | { kind: 'unfit' } | { kind: 'mask'; mask: ImageBitmap; tookMs: number };

const segmenter = load();

async function load(): Promise<ImageSegmenter | null> {
  try {
    const files = await FilesetResolver.forVisionTasks(`${location.origin}${modelsPath}`, true);
    const made = await ImageSegmenter.createFromOptions(files, {
      baseOptions: {
        modelAssetPath: `${location.origin}${modelsPath}/selfie_segmenter.tflite`,
        delegate: 'CPU'
      },
      runningMode: 'VIDEO',
      outputCategoryMask: false,
      outputConfidenceMasks: true
    });
    self.postMessage({ kind: 'ready' } satisfies FromPersonWorker);
    return made;
  } catch {
    self.postMessage({ kind: 'unfit' } satisfies FromPersonWorker);
    return null;
  }
}

self.onmessage = async ({ data: picture }: MessageEvent<ImageBitmap>) => {
  const model = await segmenter;
  if (!model) return picture.close();
  const began = performance.now();
  const found = model.segmentForVideo(picture, began);
  const [confidence] = found.confidenceMasks ?? [];
  if (confidence) {
    const { width, height } = confidence;
    const pixels = new ImageData(alphaOf(confidence.getAsFloat32Array()), width, height);
    found.close();
    const mask = await createImageBitmap(pixels);
    const message: FromPersonWorker = { kind: 'mask', mask, tookMs: performance.now() - began };
    self.postMessage(message, { transfer: [mask] });
  }
  picture.close();
};
