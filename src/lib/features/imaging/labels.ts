import { m } from '#lib/paraglide/messages.js';
import type { ImageKind, Laterality } from './image.ts';
import type { ScaleSource } from './measure.ts';

type Locale = 'zh-CN' | 'en';
type Text = (inputs?: Record<string, never>, options?: { locale?: Locale }) => string;

const kindTexts: Record<ImageKind, Text> = {
  panoramic: m.imaging_kind_panoramic,
  periapical: m.imaging_kind_periapical,
  bitewing: m.imaging_kind_bitewing,
  'lateral-ceph': m.imaging_kind_lateral_ceph,
  cbct: m.imaging_kind_cbct,
  'intraoral-photo': m.imaging_kind_intraoral_photo,
  other: m.imaging_kind_other
};

/** The kind of picture in words; in the reader's language unless one is named. */
export function imageKindName(kind: ImageKind, locale?: Locale): string {
  return kindTexts[kind]({}, locale ? { locale } : {});
}

export function lateralityName(side: Laterality | null): string {
  switch (side) {
    case 'R':
      return m.imaging_side_right();
    case 'L':
      return m.imaging_side_left();
    case 'B':
      return m.imaging_side_both();
    case 'U':
    case null:
      return '';
  }
}

/** Where the scale of a measurement comes from, in words. @param by who calibrated, for `user` */
export function scaleSourceName(source: ScaleSource, by = ''): string {
  switch (source) {
    case 'user':
      return m.imaging_scale_user({ by });
    case 'calibrated':
      return m.imaging_scale_calibrated();
    case 'detector':
      return m.imaging_scale_detector();
    case 'none':
      return m.imaging_scale_none();
  }
}

/** One line that tells a picture from its neighbours: kind, side, teeth. */
export function imageLabel(image: {
  kind: ImageKind;
  laterality: Laterality | null;
  teeth: readonly string[];
}): string {
  const teeth =
    image.teeth.length > 0 && image.teeth.length <= 6
      ? m.imaging_teeth({ teeth: image.teeth.join(' ') })
      : '';
  // A panoramic shows both sides by nature; saying so only fills the line.
  const side = image.laterality === 'B' ? '' : lateralityName(image.laterality);
  return [imageKindName(image.kind), side, teeth].filter(Boolean).join(' · ');
}

/** For small places: kind, then the teeth, or the side where they are many. */
export function imageShortLabel(image: Parameters<typeof imageLabel>[0]): string {
  const { kind, laterality, teeth } = image;
  const side = laterality === 'B' ? '' : lateralityName(laterality);
  return [imageKindName(kind), teeth.length > 0 && teeth.length <= 4 ? teeth.join(' ') : side]
    .filter(Boolean)
    .join(' ');
}
