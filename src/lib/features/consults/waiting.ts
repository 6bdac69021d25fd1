import { minuteMs } from '#lib/kernel/clock.ts';

/** [CN-30] Somebody before this patient: another visit of the same dentist, or somebody at the clinic. */
export interface Before {
  /** When it began; null: still waits too. */
  startedAt: Date | null;
  /** As long as it was booked for; null for a visit, of which only experience tells. */
  bookedMinutes: number | null;
}

export interface QueueFacts {
  now: Date;
  slotAt: Date | null;
  before: readonly Before[];
  /** How long this dentist's last visits took, minutes. */
  lasts: readonly number[];
}

export interface QueueView {
  /** How many come first. */
  ahead: number;
  /** About how long, minutes; null: nobody can say, or it is this patient's turn. */
  wait: { from: number; to: number } | null;
}

/** Fewer visits than these are no experience. */
const enoughVisits = 5;
/** From here on a time would be a guess. */
const longestWait = 120;
const step = 5;

/**
 * [CN-30] Place and expected time. Each visit before this one takes between the quartiles of the dentist's last ones,
 * less what has passed of it; each appointment what it was booked for, a fifth more or less. Where the dentist has too
 * few visits behind them, and where it comes to over two hours, no time is named.
 */
export function queueOf({ now, slotAt, before, lasts }: QueueFacts): QueueView {
  const ahead = before.length;
  const usual =
    lasts.length >= enoughVisits ? { from: quantile(lasts, 0.25), to: quantile(lasts, 0.75) } : null;
  let [from, to] = [0, 0];
  for (const { startedAt, bookedMinutes } of before) {
    const takes = bookedMinutes === null ? usual : { from: bookedMinutes * 0.8, to: bookedMinutes * 1.2 };
    if (!takes) return { ahead, wait: null };
    const passed = startedAt ? Math.max(0, now.getTime() - startedAt.getTime()) / minuteMs : 0;
    // What has run over ends some time: soon, and nobody knows when.
    from += Math.max(1, takes.from - passed);
    to += Math.max(step, takes.to - passed);
  }
  if (ahead === 0) return { ahead, wait: null };
  const early = slotAt ? (slotAt.getTime() - now.getTime()) / minuteMs : 0;
  const rounded = {
    from: Math.max(step, Math.floor(Math.max(from, early) / step) * step),
    to: Math.ceil(Math.max(to, early) / step) * step
  };
  if (rounded.to > longestWait) return { ahead, wait: null };
  return { ahead, wait: { from: rounded.from, to: Math.max(rounded.to, rounded.from + step) } };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}

/** [CN-30] How often a waiting page says that it is still open. */
export const stillEveryMs = minuteMs;
/** A page not heard of for so long does not stand before others; its place is kept. */
export const goneAfterMs = 3 * minuteMs;

/** [CN-31] What the clinic can say to who waits, in the patient's language. `own`: typed. `read`: a text to read. */
export const visitMessageKinds = [
  'soon',
  'delayed',
  'papers',
  'mouth',
  'quiet',
  'call',
  'read',
  'own'
] as const;
export type VisitMessageKind = (typeof visitMessageKinds)[number];
/** The ones that need nothing but a touch. */
export const readyMessages = visitMessageKinds.filter(
  (kind): kind is Exclude<VisitMessageKind, 'read' | 'own'> => kind !== 'read' && kind !== 'own'
);

/** [CN-32] How late a patient can say they will be, minutes. */
export const lateChoices = [5, 10, 15, 30] as const;

/** [CN-33] How long one person is rung before the next may be. */
export const ringForMs = minuteMs;
/** Who comes next in the row rings so much later, unless the one before has taken it. */
export const nextRingAfterMs = 8_000;

/** [CN-33] Whether a browser that asks may ring now: somebody waits, is not on hold, and nobody else is being rung. */
export function mayRing(
  seat: { state: string; heldAt: Date | null; rungAt: Date | null; rungById: string | null },
  userId: string,
  now: Date
): boolean {
  if (seat.state !== 'waiting' || seat.heldAt) return false;
  if (!seat.rungAt) return true;
  const rungMs = now.getTime() - seat.rungAt.getTime();
  // The same person may be rung by one browser only: a second tab asks within the same minute and is told no.
  return rungMs >= (seat.rungById === userId ? ringForMs : ringForMs - nextRingAfterMs);
}

/** [CN-36] Texts for patients, by what they are about. */
export const learnTopics = [
  'root-canal',
  'extraction',
  'orthodontics',
  'gums',
  'crown',
  'children',
  'lining',
  'x-ray'
] as const;
export type LearnTopic = (typeof learnTopics)[number];

/** [CN-36] What a patient of this specialty is offered to read; the first is about the visit itself. */
export function topicsOf(specialty: string): readonly LearnTopic[] {
  switch (specialty) {
    case 'endodontics':
      return ['root-canal', 'crown', 'x-ray'];
    case 'orthodontics':
      return ['orthodontics', 'x-ray'];
    case 'oral-surgery':
      return ['extraction', 'x-ray'];
    case 'periodontics':
      return ['gums', 'x-ray'];
    case 'prosthodontics':
      return ['crown', 'x-ray'];
    case 'paediatric':
      return ['children', 'x-ray'];
    case 'oral-medicine':
      return ['lining'];
    default:
      return ['x-ray'];
  }
}
