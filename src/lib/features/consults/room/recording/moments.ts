import { m } from '#lib/paraglide/messages.js';
import { placeOf, type RecordingView } from '../../recording.ts';
import { marksOf } from '../board-history.ts';
import { endText } from './words.ts';

export interface Moment {
  /** In the recording, from its beginning. */
  ms: number;
  at: Date;
  label: string;
  kind: 'person' | 'decision' | 'signed' | 'step' | 'consent' | 'pause' | 'moment';
}

/** [RC-11] What happened while it was recorded, in order; and its own beginning, pauses and end. */
export function momentsOf(
  recording: Pick<RecordingView, 'spans' | 'maker' | 'startedAt' | 'endedAt' | 'end'>,
  consult: Parameters<typeof marksOf>[0]
): Moment[] {
  const { spans, maker, startedAt, endedAt, end } = recording;
  const own: Omit<Moment, 'ms'>[] = [{ at: startedAt, kind: 'consent', label: m.recording_mark_start() }];
  for (const { to } of spans.slice(0, -1))
    if (to !== null) own.push({ at: new Date(to), kind: 'pause', label: m.recording_mark_pause() });
  if (endedAt && end)
    own.push({
      at: endedAt,
      kind: end === 'withdrawn' || end === 'unasked' ? 'consent' : 'step',
      label: endText({ end, maker })
    });
  return [...own, ...marksOf(consult)]
    .flatMap((moment) => {
      const [first, last] = [spans[0], spans.at(-1)];
      if (!first || moment.at < startedAt || (endedAt && moment.at > endedAt)) return [];
      // What was asked for a moment before it ran, or is missing at its end, lies at its edge.
      const to = last?.to ? Date.parse(last.to) : Number.POSITIVE_INFINITY;
      const at = new Date(Math.min(Math.max(moment.at.getTime(), Date.parse(first.from)), to));
      const ms = placeOf(spans, at);
      return ms === null ? [] : [{ ...moment, ms }];
    })
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
