import { sexText, type Sex } from '#lib/ui/person-text.ts';
import type { ConsultSummary } from './views.ts';
import { modeName, specialtyName, statusName, statusTone, urgencyName } from './labels.ts';

/** Everything ConsultCard shows, already in words but for times and age, which depend on the moment. */
export interface ConsultCardProps {
  href: string;
  number: string;
  patient: { name: string; sex: string; birthDate: string } | null;
  question: string;
  teeth: readonly string[];
  specialty: string;
  urgency: { text: string; urgent: boolean };
  state: { text: string; tone: 'neutral' | 'accent' | 'warn' | 'ok' | 'danger' };
  /** "现在视频", "约定时间" … */
  mode: string;
  /** When an answer is due; null once there is nothing to wait for. */
  answerBy: Date | null;
  slotAt: Date | null;
  /** The other side: who asked, or who answers. */
  other: string;
}

export function cardOf(consult: ConsultSummary): ConsultCardProps {
  const waiting =
    consult.status === 'requested' || consult.status === 'more-asked' || consult.status === 'accepted';
  return {
    href: `/consults/${consult.id}`,
    number: consult.number,
    patient: consult.patient && { ...consult.patient, sex: sexText(consult.patient.sex as Sex) },
    question: consult.question,
    teeth: consult.teeth,
    specialty: specialtyName(consult.specialty),
    urgency: { text: urgencyName(consult.urgency), urgent: consult.urgency === 'urgent' },
    state: { text: statusName(consult.status), tone: statusTone(consult.status) },
    mode: modeName(consult.mode),
    answerBy: waiting ? consult.answerBy : null,
    slotAt: waiting && consult.mode === 'scheduled' ? consult.slotAt : null,
    other:
      consult.side === 'requester'
        ? [consult.expertName, consult.expertOrganisation].filter(Boolean).join(' · ')
        : `${consult.requesterName} · ${consult.requesterOrganisation}`
  };
}
