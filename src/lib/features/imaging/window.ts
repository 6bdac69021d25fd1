import type { GreyWindow, Rescale } from './image.ts';

/**
 * Linear VOI window, DICOM PS3.3 C.11.2.1.2.1, output scaled to 0…1:
 *   x ≤ c − 0.5 − (w − 1)/2        → 0
 *   x > c − 0.5 + (w − 1)/2        → 1
 *   otherwise ((x − (c − 0.5)) / (w − 1) + 0.5)
 * @param x value in modality units (after rescale)
 */
export function applyWindow(x: number, window: GreyWindow): number {
  const centre = window.center - 0.5;
  const span = Math.max(window.width - 1, 0);
  if (x <= centre - span / 2) return 0;
  if (x > centre + span / 2) return 1;
  return (x - centre) / span + 0.5;
}

/** The window that shows all of `low … high` and nothing more. */
export function windowFromRange(low: number, high: number): GreyWindow {
  const width = Math.max(high - low, 1) + 1;
  return { center: (low + high) / 2 + 0.5, width };
}

export interface GreySamples {
  pixels: Uint16Array | Int16Array;
  rescale: Rescale;
}

/** A dental detector's unexposed rim and burnt-out air would otherwise decide the contrast. */
const lowPercentile = 0.01;
const highPercentile = 0.995;

/**
 * A window for a picture that states none: from the 1st to the 99.5th percentile of its values, in
 * modality units. Reads every n-th pixel so that a large picture costs no more than a small one.
 */
export function defaultWindow({ pixels, rescale }: GreySamples): GreyWindow {
  const offset = 32_768;
  const histogram = new Uint32Array(65_536);
  const step = Math.max(1, Math.floor(pixels.length / 500_000));
  const shift = pixels instanceof Int16Array ? offset : 0;
  let count = 0;
  for (let i = 0; i < pixels.length; i += step, count++) histogram[pixels[i]! + shift]!++;
  const low = percentile(histogram, count * lowPercentile) - shift;
  const high = percentile(histogram, count * highPercentile) - shift;
  const ends = [low, high].map((value) => value * rescale.slope + rescale.intercept) as [number, number];
  return windowFromRange(Math.min(...ends), Math.max(...ends));
}

function percentile(histogram: Uint32Array, target: number): number {
  let seen = 0;
  for (let value = 0; value < histogram.length; value++) {
    seen += histogram[value]!;
    if (seen > target) return value;
  }
  return histogram.length - 1;
}

/**
 * Drag of the pointer to window: right widens, down darkens, as radiology workstations do. One full
 * picture height of drag is one `range` of grey.
 * @param dx, dy fractions of the viewer's height
 * @param range spread of the picture's own default window width
 */
export function dragWindow(start: GreyWindow, dx: number, dy: number, range: number): GreyWindow {
  return {
    center: start.center + dy * range,
    width: Math.max(1, start.width + dx * range * 2)
  };
}

export const windowPresets = ['file', 'bone', 'enamel', 'soft', 'full'] as const;
export type WindowPreset = (typeof windowPresets)[number];

/**
 * Named windows relative to the picture's own default, because projection radiographs have no absolute
 * scale as CT has: `bone` steepens around the middle, `enamel` the bright end (enamel, fillings, canal),
 * `soft` the dark end (soft tissue, sinus).
 */
export function presetWindow(preset: WindowPreset, base: GreyWindow, full: GreyWindow): GreyWindow {
  switch (preset) {
    case 'file':
      return base;
    case 'bone':
      return { center: base.center, width: base.width * 0.6 };
    case 'enamel':
      return { center: base.center + base.width * 0.22, width: base.width * 0.55 };
    case 'soft':
      return { center: base.center - base.width * 0.22, width: base.width * 0.55 };
    case 'full':
      return full;
  }
}
