/** What the patients' components are given: plain values, as the use cases return them. */
import type { HealthItemView, PatientLine } from './patients.server.ts';
export type { HealthItemView, NoteView, PatientHead, PatientLine } from './patients.server.ts';

export type HealthKind = HealthItemView['kind'];

/** Who is open, and what must be known before anything is done. */
export interface BannerView {
  patient: Pick<PatientLine, 'id' | 'name' | 'sex' | 'birthDate' | 'number'>;
  /** Severe first. */
  allergies: Pick<HealthItemView, 'id' | 'label' | 'detail' | 'severity'>[];
  /** Conditions and medication, conditions first. */
  alerts: Pick<HealthItemView, 'id' | 'label' | 'detail' | 'severity'>[];
  /** False for a remote expert: what is empty may simply not have been shared. */
  own: boolean;
}

type Health = Pick<HealthItemView, 'id' | 'kind' | 'label' | 'detail'> & {
  severity?: HealthItemView['severity'];
};

/** The banner's part of a record. */
export function bannerOf(record: {
  patient: BannerView['patient'] & { own?: boolean };
  health: readonly Health[];
}): BannerView {
  const of = (kind: HealthKind) =>
    record.health
      .filter((item) => item.kind === kind)
      .map(({ id, label, detail, severity = null }) => ({ id, label, detail, severity }))
      .sort((a, b) => Number(b.severity === 'high') - Number(a.severity === 'high'));
  return {
    patient: record.patient,
    allergies: of('allergy'),
    alerts: [...of('condition'), ...of('medication')],
    own: record.patient.own ?? true
  };
}

export const timelineKinds = ['note', 'finding', 'image', 'appointment', 'consult', 'plan'] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/** One line of the timeline, in words already. */
export interface TimelineItem {
  id: string;
  kind: TimelineKind;
  at: Date;
  title: string;
  text?: string;
  by?: string;
  teeth?: readonly string[];
  href?: string;
  badge?: { text: string; tone: 'neutral' | 'accent' | 'ok' | 'warn' | 'danger' | 'info' };
  /** Address of a small picture. */
  thumbnail?: string;
  /** Instead of a link: opens something on the page. */
  onopen?: () => void;
}

/** The items grouped by calendar day, newest day first; `day` is "YYYY-MM-DD" as `dayOf` says. */
export function byDay(
  items: readonly TimelineItem[],
  dayOf: (at: Date) => string
): { day: string; at: Date; items: TimelineItem[] }[] {
  const groups = new Map<string, { day: string; at: Date; items: TimelineItem[] }>();
  for (const item of [...items].sort((a, b) => b.at.getTime() - a.at.getTime())) {
    const day = dayOf(item.at);
    const group = groups.get(day);
    if (group) group.items.push(item);
    else groups.set(day, { day, at: item.at, items: [item] });
  }
  return [...groups.values()];
}
