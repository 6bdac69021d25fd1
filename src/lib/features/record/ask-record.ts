import type { AskRecord } from '#lib/features/consults/ask.svelte.ts';
import type { ChartView } from '#lib/features/odontogram/chart.ts';
import type { HealthItemView, NoteView } from '#lib/features/patients/patients.server.ts';

interface Record {
  patient: { id: string };
  chart: ChartView;
  images: { id: string; teeth: string[]; takenAt: string | null }[];
  notes: NoteView[];
  health: HealthItemView[];
  plans: unknown[];
}

/** What "Ask an expert" prefills from: the teeth that need something, latest first, and what there is to share. */
export function askRecordOf({ patient, chart, images, notes, health, plans }: Record): AskRecord {
  const needing = chart.findings
    .filter((finding) => finding.withdrawn === null && finding.status === 'needs')
    .toSorted((a, b) => b.recordedAt.localeCompare(a.recordedAt))
    .map((finding) => finding.tooth);
  const has = (kind: HealthItemView['kind']) => health.some((item) => item.kind === kind);
  return {
    patientId: patient.id,
    teeth: [...new Set(needing)],
    images: images.toSorted((a, b) => (b.takenAt ?? '').localeCompare(a.takenAt ?? '')),
    notes,
    has: {
      allergies: has('allergy'),
      conditions: has('condition'),
      medications: has('medication'),
      plan: plans.length > 0
    }
  };
}
