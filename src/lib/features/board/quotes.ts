import { formatMeasured } from '#lib/features/imaging/measure.ts';
import { measureMark } from './scale.ts';
import type { MeasureProps, ShapeScale } from './shapes.ts';

/** A value in millimetres that a measurement had, and has no longer, because the image was calibrated anew. */
export interface FormerValue {
  /** As it was shown, with its unit. */
  was: string;
  /** The version of the scale it rested on. */
  version: number;
  now: string;
}

/** The values that a mark had at the earlier scales of its image, where they were other than today's. */
export function formerValues(
  mark: Pick<MeasureProps, 'kind' | 'points'>,
  { calibration, earlier }: { calibration: ShapeScale; earlier: readonly ShapeScale[] }
): FormerValue[] {
  const now = metricText(mark, calibration) ?? '';
  return earlier.flatMap((scale, i) => {
    const was = metricText(mark, scale);
    return was === null || was === now ? [] : [{ was, version: i + 1, now }];
  });
}

/** Null for what does not change with the scale, or is no millimetres. */
function metricText(mark: Pick<MeasureProps, 'kind' | 'points'>, scale: ShapeScale): string | null {
  const value = measureMark(mark, scale);
  if (!value || value.of === 'angle') return null;
  const measured = value.of === 'region' ? value.area : value.measured;
  return measured.unit === 'mm' || measured.unit === 'mm²' ? formatMeasured(measured) : null;
}

/** [BD-13] Former values that a text still quotes, each once, in the order of the text. */
export function quotedIn(text: string, former: readonly FormerValue[]): FormerValue[] {
  const found: FormerValue[] = [];
  for (const [, number, unit] of text.matchAll(
    /(\d+(?:[.,]\d+)?)\s*(mm²|mm2|mm|\u5e73\u65b9\u6beb\u7c73|\u6beb\u7c73)/gi
  )) {
    const area = /²|2|\u5e73\u65b9/.test(unit!);
    const quoted = Number(number!.replace(',', '.'));
    const value = former.find(({ was }) => was.endsWith('²') === area && Number.parseFloat(was) === quoted);
    if (value && !found.some(({ was }) => was === value.was)) found.push(value);
  }
  return found;
}
