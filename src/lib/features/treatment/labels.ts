import { m } from '#lib/paraglide/messages.js';
import type { ItemStatus, PlanStatus } from './plan.ts';
import type { ProcedureCode, ProcedureGroup } from './procedures.ts';

/** Texts of plans. `locale` is for documents in another language than the screen's. */
export type Locale = 'zh-CN' | 'en';
const options = (locale: Locale | undefined) => (locale ? { locale } : {});
type Text = (inputs?: Record<string, never>, options?: { locale?: Locale }) => string;

const procedures: Record<ProcedureCode, Text> = {
  root_canal: m.treatment_procedure_root_canal,
  filling: m.treatment_procedure_filling,
  crown: m.treatment_procedure_crown,
  extraction: m.treatment_procedure_extraction,
  scaling: m.treatment_procedure_scaling,
  post_core: m.treatment_procedure_post_core,
  inlay: m.treatment_procedure_inlay,
  veneer: m.treatment_procedure_veneer,
  bridge: m.treatment_procedure_bridge,
  partial_denture: m.treatment_procedure_partial_denture,
  complete_denture: m.treatment_procedure_complete_denture,
  pulp_capping: m.treatment_procedure_pulp_capping,
  pulpotomy: m.treatment_procedure_pulpotomy,
  root_canal_retreatment: m.treatment_procedure_root_canal_retreatment,
  apical_surgery: m.treatment_procedure_apical_surgery,
  preformed_crown: m.treatment_procedure_preformed_crown,
  sealant: m.treatment_procedure_sealant,
  fluoride: m.treatment_procedure_fluoride,
  hygiene_instruction: m.treatment_procedure_hygiene_instruction,
  root_planing: m.treatment_procedure_root_planing,
  periodontal_surgery: m.treatment_procedure_periodontal_surgery,
  periodontal_maintenance: m.treatment_procedure_periodontal_maintenance,
  splinting: m.treatment_procedure_splinting,
  surgical_extraction: m.treatment_procedure_surgical_extraction,
  suture_removal: m.treatment_procedure_suture_removal,
  bone_graft: m.treatment_procedure_bone_graft,
  implant_placement: m.treatment_procedure_implant_placement,
  implant_uncovering: m.treatment_procedure_implant_uncovering,
  implant_crown: m.treatment_procedure_implant_crown,
  ortho_records: m.treatment_procedure_ortho_records,
  ortho_fixed: m.treatment_procedure_ortho_fixed,
  ortho_aligner: m.treatment_procedure_ortho_aligner,
  ortho_retention: m.treatment_procedure_ortho_retention,
  space_maintainer: m.treatment_procedure_space_maintainer,
  examination: m.treatment_procedure_examination,
  radiograph: m.treatment_procedure_radiograph,
  follow_up: m.treatment_procedure_follow_up,
  other: m.treatment_procedure_other
};

const groups: Record<ProcedureGroup, Text> = {
  prevention: m.treatment_group_prevention,
  conservative: m.treatment_group_conservative,
  endodontic: m.treatment_group_endodontic,
  periodontal: m.treatment_group_periodontal,
  prosthetic: m.treatment_group_prosthetic,
  surgery: m.treatment_group_surgery,
  implant: m.treatment_group_implant,
  orthodontic: m.treatment_group_orthodontic,
  general: m.treatment_group_general
};

const itemStatuses: Record<ItemStatus, Text> = {
  planned: m.treatment_item_planned,
  'in-progress': m.treatment_item_in_progress,
  done: m.treatment_item_done,
  cancelled: m.treatment_item_cancelled
};

const planStatuses: Record<PlanStatus, Text> = {
  active: m.treatment_plan_active,
  done: m.treatment_plan_done,
  cancelled: m.treatment_plan_cancelled
};

export function procedureName(code: ProcedureCode, locale?: Locale): string {
  return procedures[code]({}, options(locale));
}

/** `36 根管治疗`; without a tooth the procedure alone. */
export function itemName(item: { tooth: string | null; procedure: ProcedureCode }): string {
  return [item.tooth, procedureName(item.procedure)].filter(Boolean).join(' ');
}

export function groupName(group: ProcedureGroup, locale?: Locale): string {
  return groups[group]({}, options(locale));
}

export function itemStatusName(status: ItemStatus, locale?: Locale): string {
  return itemStatuses[status]({}, options(locale));
}

export function planStatusName(status: PlanStatus, locale?: Locale): string {
  return planStatuses[status]({}, options(locale));
}

/** 第 2 阶段 · 修复 / Phase 2 · Restoration. */
export function phaseName(number: number, title: string, locale?: Locale): string {
  return title
    ? m.treatment_phase_titled({ number, title }, options(locale))
    : m.treatment_phase({ number }, options(locale));
}

/** 3 次 / 3 visits. */
export function visitsText(count: number, locale?: Locale): string {
  return count === 1
    ? m.treatment_visit_one({}, options(locale))
    : m.treatment_visits({ count }, options(locale));
}
