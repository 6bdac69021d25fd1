import { m } from '#lib/paraglide/messages.js';
import type { RecordPart } from './parts.ts';
import type { CorrectionView } from './views.ts';

const parts: Record<RecordPart, () => string> = {
  identity: m.rights_part_identity,
  contact: m.rights_part_contact,
  allergies: m.rights_part_allergies,
  conditions: m.rights_part_conditions,
  medications: m.rights_part_medications,
  chart: m.rights_part_chart,
  images: m.rights_part_images,
  notes: m.rights_part_notes,
  plans: m.rights_part_plans,
  appointments: m.rights_part_appointments,
  consults: m.rights_part_consults,
  other: m.rights_part_other
};
export const partText = (part: RecordPart): string => parts[part]();

const states: Record<CorrectionView['state'], () => string> = {
  open: m.rights_state_open,
  accepted: m.rights_state_accepted,
  refused: m.rights_state_refused
};
export const stateText = (state: CorrectionView['state']): string => states[state]();
export const stateTone = { open: 'warn', accepted: 'ok', refused: 'neutral' } as const;
