import type { PatientAppointmentsView } from '#lib/features/appointments/view.ts';
import type { ConsultSummary } from '#lib/features/consults/views.ts';
import type { ImageView } from '#lib/features/imaging/view.ts';
import type { ChartView } from '#lib/features/odontogram/chart.ts';
import type { NoteView } from '#lib/features/patients/patients.server.ts';
import type { PlanView } from '#lib/features/treatment/plan.ts';

/** One line of a patient's timeline: what happened, when, by whom; the words are made where it is shown. */
export type TimelineEvent = { at: Date; by: string } & (
  | { kind: 'note'; id: string; text: string; teeth: string[] }
  | { kind: 'finding'; id: string; finding: ChartView['findings'][number] }
  | { kind: 'image'; id: string; image: ImageView }
  | {
      kind: 'appointment';
      id: string;
      reason: string;
      status: PatientAppointmentsView['past'][number]['status'];
    }
  | { kind: 'plan'; id: string; title: string }
  | { kind: 'consult'; id: string; consult: ConsultSummary }
);

export interface TimelineParts {
  notes: NoteView[];
  chart: ChartView;
  images: ImageView[];
  plans: PlanView[];
  appointments: PatientAppointmentsView | null;
  consults: ConsultSummary[];
}

/** Everything that is known to have happened, newest first. Appointments to come are not history. */
export function timelineOf(parts: TimelineParts): TimelineEvent[] {
  const events: TimelineEvent[] = [
    ...parts.notes.map(({ id, writtenAt, authorName, text, teeth }) => ({
      kind: 'note' as const,
      at: writtenAt,
      by: authorName,
      id,
      text,
      teeth
    })),
    ...parts.chart.findings
      .filter((finding) => finding.withdrawn === null)
      .map((finding) => ({
        kind: 'finding' as const,
        at: new Date(finding.recordedAt),
        by: finding.author.name,
        id: finding.id,
        finding
      })),
    ...parts.images.map((image) => ({
      kind: 'image' as const,
      // When it was taken tells more than when it was uploaded; the device's date has no zone.
      at: new Date(image.takenAt ? `${image.takenAt.slice(0, 10)}T04:00:00Z` : image.uploadedAt),
      by: image.uploadedByName,
      id: image.id,
      image
    })),
    ...(parts.appointments?.past ?? []).map(({ id, startsAt, practitioner, reason, status }) => ({
      kind: 'appointment' as const,
      at: new Date(startsAt),
      by: practitioner.name,
      id,
      reason,
      status
    })),
    ...parts.plans.map(({ id, acceptedAt, acceptedBy, title }) => ({
      kind: 'plan' as const,
      at: new Date(acceptedAt),
      by: acceptedBy,
      id,
      title
    })),
    ...parts.consults.map((consult) => ({
      kind: 'consult' as const,
      at: consult.createdAt,
      by: consult.requesterName,
      id: consult.id,
      consult
    }))
  ];
  return events.sort((a, b) => b.at.getTime() - a.at.getTime());
}
