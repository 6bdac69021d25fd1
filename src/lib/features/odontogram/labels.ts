import { m } from '#lib/paraglide/messages.js';
import type { FindingWarning } from './chart.ts';
import type { FindingCode, FindingStatus } from './findings.ts';
import { parseTooth, type Surface, type Tooth } from './teeth.ts';

/** Texts of the chart. `locale` is for documents in another language than the screen's. */
export type Locale = 'zh-CN' | 'en';
const options = (locale: Locale | undefined) => (locale ? { locale } : {});
type Text = (inputs?: Record<string, never>, options?: { locale?: Locale }) => string;

const permanent: Text[] = [
  m.odontogram_permanent_1,
  m.odontogram_permanent_2,
  m.odontogram_permanent_3,
  m.odontogram_permanent_4,
  m.odontogram_permanent_5,
  m.odontogram_permanent_6,
  m.odontogram_permanent_7,
  m.odontogram_permanent_8
];
const primary: Text[] = [
  m.odontogram_primary_1,
  m.odontogram_primary_2,
  m.odontogram_primary_3,
  m.odontogram_primary_4,
  m.odontogram_primary_5
];

const surfaces: Record<Surface, Text> = {
  M: m.odontogram_surface_m,
  O: m.odontogram_surface_o,
  I: m.odontogram_surface_i,
  D: m.odontogram_surface_d,
  B: m.odontogram_surface_b,
  F: m.odontogram_surface_f,
  L: m.odontogram_surface_l,
  P: m.odontogram_surface_p
};

const codes: Record<FindingCode, Text> = {
  caries: m.odontogram_code_caries,
  filling: m.odontogram_code_filling,
  percussion: m.odontogram_code_percussion,
  periapical: m.odontogram_code_periapical,
  root_canal: m.odontogram_code_root_canal,
  crown: m.odontogram_code_crown,
  missing: m.odontogram_code_missing,
  extraction: m.odontogram_code_extraction,
  pulpitis: m.odontogram_code_pulpitis,
  wedge_defect: m.odontogram_code_wedge_defect,
  fracture: m.odontogram_code_fracture,
  residual_root: m.odontogram_code_residual_root,
  mobility: m.odontogram_code_mobility,
  calculus: m.odontogram_code_calculus,
  recession: m.odontogram_code_recession,
  pocket: m.odontogram_code_pocket,
  fistula: m.odontogram_code_fistula,
  sealant: m.odontogram_code_sealant,
  inlay: m.odontogram_code_inlay,
  veneer: m.odontogram_code_veneer,
  post: m.odontogram_code_post,
  implant: m.odontogram_code_implant,
  bridge_abutment: m.odontogram_code_bridge_abutment,
  bridge_pontic: m.odontogram_code_bridge_pontic,
  impacted: m.odontogram_code_impacted,
  unerupted: m.odontogram_code_unerupted,
  wear: m.odontogram_code_wear,
  malposition: m.odontogram_code_malposition,
  healthy: m.odontogram_code_healthy
};

const statuses: Record<FindingStatus, Text> = {
  needs: m.odontogram_status_needs,
  existing: m.odontogram_status_existing,
  done: m.odontogram_status_done,
  proposed: m.odontogram_status_proposed
};

const grades: Record<string, Text> = {
  superficial: m.odontogram_grade_superficial,
  medium: m.odontogram_grade_medium,
  deep: m.odontogram_grade_deep,
  composite: m.odontogram_grade_composite,
  glass_ionomer: m.odontogram_grade_glass_ionomer,
  amalgam: m.odontogram_grade_amalgam,
  temporary: m.odontogram_grade_temporary,
  granuloma: m.odontogram_grade_granuloma,
  abscess: m.odontogram_grade_abscess,
  cyst: m.odontogram_grade_cyst,
  ceramic: m.odontogram_grade_ceramic,
  metal_ceramic: m.odontogram_grade_metal_ceramic,
  metal: m.odontogram_grade_metal,
  reversible: m.odontogram_grade_reversible,
  irreversible: m.odontogram_grade_irreversible,
  necrosis: m.odontogram_grade_necrosis,
  fibre: m.odontogram_grade_fibre,
  mesial: m.odontogram_grade_mesial,
  vertical: m.odontogram_grade_vertical,
  horizontal: m.odontogram_grade_horizontal
};
const percussionGrades: Record<string, Text> = {
  '1': m.odontogram_grade_percussion_1,
  '2': m.odontogram_grade_percussion_2,
  '3': m.odontogram_grade_percussion_3
};
const degrees: Record<string, Text> = {
  '1': m.odontogram_grade_degree_1,
  '2': m.odontogram_grade_degree_2,
  '3': m.odontogram_grade_degree_3
};

const warnings: Record<FindingWarning, Text> = {
  on_missing: m.odontogram_warning_on_missing,
  on_implant: m.odontogram_warning_on_implant,
  on_pontic: m.odontogram_warning_on_pontic,
  no_crown: m.odontogram_warning_no_crown,
  repeated: m.odontogram_warning_repeated,
  not_erupted: m.odontogram_warning_not_erupted
};

/** 左下第一磨牙 / lower left first molar. @throws AppError `unknown_tooth` */
export function toothName(tooth: Tooth | string, locale?: Locale): string {
  const { dentition, position, arch, side } = typeof tooth === 'string' ? parseTooth(tooth) : tooth;
  const quadrant: Text =
    arch === 'upper'
      ? side === 'right'
        ? m.odontogram_quadrant_upper_right
        : m.odontogram_quadrant_upper_left
      : side === 'right'
        ? m.odontogram_quadrant_lower_right
        : m.odontogram_quadrant_lower_left;
  const name = (dentition === 'permanent' ? permanent : primary)[position - 1]!;
  return m.odontogram_tooth_name(
    { quadrant: quadrant({}, options(locale)), name: name({}, options(locale)) },
    options(locale)
  );
}

export function surfaceName(surface: Surface, locale?: Locale): string {
  return surfaces[surface]({}, options(locale));
}

export function codeName(code: FindingCode, locale?: Locale): string {
  return codes[code]({}, options(locale));
}

export function statusName(status: FindingStatus, locale?: Locale): string {
  return statuses[status]({}, options(locale));
}

/** The degree or material; an unknown one is shown as it is. */
export function gradeName(code: FindingCode, grade: string, locale?: Locale): string {
  if (code === 'pocket') return m.odontogram_grade_mm({ mm: grade }, options(locale));
  const text = code === 'percussion' ? percussionGrades[grade] : (degrees[grade] ?? grades[grade]);
  return text?.({}, options(locale)) ?? grade;
}

export function warningText(warning: FindingWarning, locale?: Locale): string {
  return warnings[warning]({}, options(locale));
}

interface Described {
  surfaces: readonly string[];
  code: FindingCode;
  grade?: string | null;
}

/** 龋坏(中龋)OD — what a finding says, without tooth and status. */
export function findingText({ code, grade, surfaces: faces }: Described, locale?: Locale): string {
  const degree = grade ? ` ${gradeName(code, grade, locale)}` : '';
  const where = faces.length > 0 ? ` ${faces.join('')}` : '';
  return `${codeName(code, locale)}${degree}${where}`;
}
