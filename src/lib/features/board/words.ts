import { formatMeasured } from '#lib/features/imaging/measure.ts';
import { type WindowPreset, windowPresets } from '#lib/features/imaging/window.ts';
import { m } from '#lib/paraglide/messages.js';
import type { FigureWords } from './figures.ts';
import type { MarkValue } from './scale.ts';
import type { MeasureKind, MeasureProps, ShapeScale, XrayProps } from './shapes.ts';

/** What the board says in words, in the person's language; text only, no drawing. */

const kindNames: Record<string, () => string> = {
  panoramic: m.board_kind_panoramic,
  periapical: m.board_kind_periapical,
  bitewing: m.board_kind_bitewing,
  'lateral-ceph': m.board_kind_lateral_ceph,
  cbct: m.board_kind_cbct,
  'intraoral-photo': m.board_kind_intraoral_photo
};

const sideNames: Record<XrayProps['side'], () => string> = {
  '': () => '',
  R: m.board_side_r,
  L: m.board_side_l,
  B: m.board_side_b,
  U: () => ''
};

export function kindName(kind: string): string {
  return (kindNames[kind] ?? m.board_kind_other)();
}

/** Kind, date, side and teeth of an image: `全景片 · 2026-11-20 · 右侧 · 36`. */
export function imageTitle(props: Pick<XrayProps, 'kind' | 'takenOn' | 'side' | 'teeth'>): string {
  return [kindName(props.kind), props.takenOn, sideNames[props.side](), props.teeth.join(' ')]
    .filter(Boolean)
    .join(' · ');
}

/** Where the scale comes from. Says "not calibrated" for everything that makes no millimetres. */
export function scaleSource(scale: ShapeScale): string {
  switch (scale.kind) {
    case 'none':
      return m.board_scale_none();
    case 'detector':
      return m.board_scale_detector({ mm: scale.columnMm.toFixed(3) });
    case 'calibrated':
      return m.board_scale_file();
    case 'user':
      return m.board_scale_user({ name: scale.by, object: scale.on });
  }
}

/** The same in one word, for where there is no room. */
export function scaleWord(scale: ShapeScale): string {
  return scale.kind === 'user' || scale.kind === 'calibrated' ? m.board_scale_known() : m.board_scale_none();
}

/**
 * A mark's value and, beside what is a length or an area, the source of its scale: `312 px · 未校正`. Of a region
 * its lines: area, mean and spread, least and most of the stored values.
 */
export function measureLines(
  value: MarkValue | null,
  { tooth }: Pick<MeasureProps, 'tooth'>,
  scale: ShapeScale
): string[] {
  if (!value) return [];
  if (value.of === 'region') {
    const { area, stats } = value;
    const lines = [withSource(formatMeasured(area), area.unit === 'px²', scale)];
    if (stats)
      lines.push(
        m.board_region_mean({ mean: stats.mean.toFixed(1), sd: stats.sd.toFixed(1) }),
        m.board_region_range({ min: stats.min, max: stats.max })
      );
    return lines;
  }
  const { measured } = value;
  const text = formatMeasured(measured);
  if (value.of === 'angle') return [text];
  return [withSource(tooth ? `${tooth} ${text}` : text, measured.unit === 'px', scale)];
}

function withSource(value: string, isPixels: boolean, scale: ShapeScale): string {
  return isPixels ? m.board_length_px({ value }) : `${value} · ${scaleSource(scale)}`;
}

const measureNames: Record<MeasureKind, () => string> = {
  length: m.board_tool_length,
  polyline: m.board_tool_polyline,
  tooth: m.board_tool_tooth,
  angle: m.board_tool_angle,
  cobb: m.board_tool_cobb,
  rect: m.board_tool_rect,
  ellipse: m.board_tool_ellipse
};

/** The tool that makes such a mark, and the mark in lists. */
export function measureName(kind: MeasureKind): string {
  return measureNames[kind]();
}

const presetNames: Record<WindowPreset, () => string> = {
  file: m.board_preset_file,
  bone: m.board_preset_bone,
  enamel: m.board_preset_enamel,
  soft: m.board_preset_soft,
  full: m.board_preset_full
};

export function presetChoices(): { preset: WindowPreset; name: string }[] {
  return windowPresets.map((preset) => ({ preset, name: presetNames[preset]() }));
}

/** What stands in the table of measurements. */
export function figureWords(): FigureWords {
  return {
    columns: {
      number: m.board_figure_number(),
      imageUid: m.board_figure_image_uid(),
      image: m.board_figure_image(),
      frame: m.board_figure_frame(),
      kind: m.board_figure_kind(),
      tooth: m.board_figure_tooth(),
      value: m.board_figure_value(),
      unit: m.board_figure_unit(),
      mean: m.board_figure_mean(),
      sd: m.board_figure_sd(),
      min: m.board_figure_min(),
      max: m.board_figure_max(),
      scale: m.board_figure_scale(),
      scaleVersion: m.board_figure_scale_version(),
      rowMm: m.board_figure_row_mm(),
      columnMm: m.board_figure_column_mm(),
      points: m.board_figure_points(),
      by: m.board_figure_by(),
      at: m.board_figure_at()
    },
    kind: measureName,
    scale: scaleSource
  };
}

const roleNames: Readonly<Record<string, () => string>> = {
  requester: m.board_role_requester,
  expert: m.board_role_expert,
  guest: m.board_role_guest,
  member: m.board_role_member,
  patient: m.board_role_patient
};

/** Whose cursor it is: name and role in this consult, as the server says. */
export function cursorName({ name, role }: { name: string; role: string }): string {
  const word = Object.hasOwn(roleNames, role) ? roleNames[role] : undefined;
  return word ? m.board_cursor({ name, role: word() }) : name;
}
