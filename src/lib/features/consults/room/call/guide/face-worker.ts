/// <reference lib="webworker" />
/** Finds the mouth in pictures of the patient's own camera, on their device: nothing of them leaves it. */
import { FaceLandmarker, FilesetResolver, type NormalizedLandmark } from '@mediapipe/tasks-vision';
import { modelsPath } from '#lib/kernel/models-path.ts';
import type { Look, MouthPlace } from './mouth.ts';
import { lumaOf, meanOf, sharpnessOf } from './pixels.ts';

export type FromFaceWorker = { kind: 'ready' } | { kind: 'unfit' } | { kind: 'look'; look: Look };

const lips = {
  upper: 13,
  lower: 14,
  innerLeft: 78,
  innerRight: 308,
  outerLeft: 61,
  outerRight: 291
} as const;
/** Size at which light and focus are judged, pixels. */
const region = { width: 160, height: 96 };
const canvas = new OffscreenCanvas(region.width, region.height);
const context = canvas.getContext('2d', { willReadFrequently: true });

const landmarker = load();

async function load(): Promise<FaceLandmarker | null> {
  try {
    const files = await FilesetResolver.forVisionTasks(`${location.origin}${modelsPath}`, true);
    const made = await FaceLandmarker.createFromOptions(files, {
      baseOptions: {
        modelAssetPath: `${location.origin}${modelsPath}/face_landmarker.task`,
        delegate: 'CPU'
      },
      runningMode: 'VIDEO',
      numFaces: 1
    });
    tell({ kind: 'ready' });
    return made;
  } catch {
    // No SIMD, no memory, no way to the models: the page says so, the call goes on.
    tell({ kind: 'unfit' });
    return null;
  }
}

self.onmessage = async ({ data }: MessageEvent<ImageBitmap>) => {
  const model = await landmarker;
  if (model && context) tell({ kind: 'look', look: lookAt(model, context, data) });
  data.close();
};

function tell(message: FromFaceWorker): void {
  self.postMessage(message);
}

function lookAt(
  model: FaceLandmarker,
  surface: OffscreenCanvasRenderingContext2D,
  picture: ImageBitmap
): Look {
  const began = performance.now();
  const [points = []] = model.detectForVideo(picture, began).faceLandmarks;
  const mouth = placeOf(points, picture);
  const luma = lumaOf(regionOf(surface, picture, mouth));
  return {
    mouth,
    points: points.length,
    light: meanOf(luma),
    sharpness: sharpnessOf(luma, region.width),
    tookMs: performance.now() - began
  };
}

function placeOf(points: readonly NormalizedLandmark[], { width, height }: ImageBitmap): MouthPlace | null {
  const [left, right] = [points[lips.outerLeft], points[lips.outerRight]];
  if (!left || !right) return null;
  const between = (a: number, b: number) =>
    Math.hypot((points[a]!.x - points[b]!.x) * width, (points[a]!.y - points[b]!.y) * height);
  const widthPx = between(lips.outerLeft, lips.outerRight);
  return {
    x: (left.x + right.x) / 2,
    y: (points[lips.upper]!.y + points[lips.lower]!.y) / 2,
    width: widthPx / Math.min(width, height),
    widthPx,
    opening: between(lips.upper, lips.lower) / between(lips.innerLeft, lips.innerRight)
  };
}

function regionOf(
  surface: OffscreenCanvasRenderingContext2D,
  picture: ImageBitmap,
  mouth: MouthPlace | null
): Uint8ClampedArray {
  const width = mouth ? mouth.widthPx * 1.3 : picture.width;
  const height = mouth ? (width * region.height) / region.width : picture.height;
  const x = mouth ? mouth.x * picture.width - width / 2 : 0;
  const y = mouth ? mouth.y * picture.height - height / 2 : 0;
  surface.drawImage(picture, x, y, width, height, 0, 0, region.width, region.height);
  return surface.getImageData(0, 0, region.width, region.height).data;
}
