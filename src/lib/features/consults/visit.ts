import { hourMs, minuteMs } from '#lib/kernel/clock.ts';
import type { ConsultStatus } from './consult.ts';

/** What a patient can ask of the clinic from their page. */
export const visitRequestKinds = ['other-time', 'phone', 'at-clinic', 'late'] as const;
export type VisitRequestKind = (typeof visitRequestKinds)[number];
/** [CN-32] Who will be late still comes; every other request is instead of the visit. */
export const isInstead = (kind: VisitRequestKind): boolean => kind !== 'late';

/** [CN-6] A link lives so long after the agreed time, or after it was made. */
export const linkDays = 7;
/** [CN-6] Wrong digits that lock a link until staff unlock it. */
export const triesBeforeLock = 5;

/** [CN-6] How staff made sure who holds a locked link before they unlock it. */
export const unlockReasons = ['called', 'present', 'phone-corrected'] as const;
export type UnlockReason = (typeof unlockReasons)[number];

/** A patient may come in so long before the agreed time. */
export const opensBeforeMs = 30 * minuteMs;
/** How long a visit is taken to last in a calendar. */
export const visitLastsMs = hourMs / 2;

/**
 * [CN-18] Where a patient's visit stands. `early`: not accepted yet, or before its time. `consent`: to be asked first.
 * `no-video`: they do not want to be seen by video. `rebook`: they asked the clinic for something else. `times`: a
 * delegate who may see when it is, and not join. `admitted`: let in.
 */
export type VisitStage =
  | 'early'
  | 'consent'
  | 'no-video'
  | 'ready'
  | 'waiting'
  | 'admitted'
  | 'over'
  | 'cancelled'
  | 'rebook'
  | 'times';

export interface VisitFacts {
  status: ConsultStatus;
  slotAt: Date | null;
  now: Date;
  /** Somebody of the staff is in the room already: then it is not too early. */
  staffThere: boolean;
  /** Something was asked for instead of the visit. */
  asked: boolean;
  mayJoin: boolean;
  video: 'given' | 'refused' | 'withdrawn' | 'unasked';
  /** One of the optional questions is new to them. */
  unanswered: boolean;
  seat: { state: 'waiting' | 'admitted' | 'in-room' | 'left'; admittedById: string | null } | null;
}

export function visitStage(facts: VisitFacts): VisitStage {
  const { status, seat, slotAt, now } = facts;
  if (status === 'closed') return 'over';
  if (status === 'cancelled' || status === 'declined') return 'cancelled';
  if (facts.asked) return 'rebook';
  if (!facts.mayJoin) return 'times';
  if (status !== 'accepted') return 'early';
  if (slotAt && !facts.staffThere && now.getTime() < slotAt.getTime() - opensBeforeMs) return 'early';
  if (facts.video === 'refused' || facts.video === 'withdrawn') return 'no-video';
  if (facts.video !== 'given' || facts.unanswered) return 'consent';
  if (!seat) return 'ready';
  // Once let in, always let in: leaving by mistake must not send a patient back to the queue.
  if (seat.admittedById || seat.state === 'admitted' || seat.state === 'in-room') return 'admitted';
  return seat.state === 'waiting' ? 'waiting' : 'ready';
}

/** One entry for a calendar (RFC 5545), made here: no outside service learns of the visit. Names no patient and no illness. */
export function calendarEntry(entry: {
  uid: string;
  startsAt: Date;
  title: string;
  text: string;
  now: Date;
}): string {
  const stamp = (at: Date) => at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const escaped = (value: string) => value.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Consilium//Visit//EN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${entry.uid}@consilium`,
    `DTSTAMP:${stamp(entry.now)}`,
    `DTSTART:${stamp(entry.startsAt)}`,
    `DTEND:${stamp(new Date(entry.startsAt.getTime() + visitLastsMs))}`,
    `SUMMARY:${escaped(entry.title)}`,
    `DESCRIPTION:${escaped(entry.text)}`,
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT30M',
    `DESCRIPTION:${escaped(entry.title)}`,
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
    ''
  ]
    .flatMap(folded)
    .join('\r\n');
}

/** Lines of at most 75 octets; what follows is continued with a space (RFC 5545, 3.1). */
function folded(line: string): string[] {
  const encoder = new TextEncoder();
  const lines: string[] = [];
  let part = '';
  for (const character of line) {
    if (encoder.encode(part + character).length > (lines.length ? 74 : 75)) {
      lines.push(part);
      part = '';
    }
    part += character;
  }
  return [...lines, part].map((text, i) => (i ? ` ${text}` : text));
}
