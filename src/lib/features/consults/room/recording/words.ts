import { m } from '#lib/paraglide/messages.js';
import type { RecordingEnd, RecordingMaker } from '../../recording.ts';
import type { RecorderFit } from './fit.ts';

const endWords: Record<RecordingEnd, () => string> = {
  stopped: m.recording_end_stopped,
  left: m.recording_end_left,
  withdrawn: m.recording_end_withdrawn,
  unasked: m.recording_end_unasked,
  closed: m.recording_end_closed,
  lost: m.recording_end_lost,
  full: m.recording_end_full,
  broken: m.recording_end_broken,
  limit: m.recording_end_limit,
  encrypted: m.recording_end_encrypted,
  refused: m.recording_end_refused
};

/** What is another thing where no browser recorded. */
const serverEndWords: Partial<Record<RecordingEnd, () => string>> = {
  left: m.recording_end_left_server,
  broken: m.recording_end_broken_server
};

/** Why a recording ended. */
export function endText({ end, maker }: { end: RecordingEnd; maker: RecordingMaker }): string {
  return ((maker === 'server' && serverEndWords[end]) || endWords[end])();
}

/** Why this browser cannot record; null: it can. */
export function missingWords(fit: RecorderFit): string | null {
  if (!('missing' in fit)) return null;
  const words = {
    recorder: m.recording_no_recorder,
    capture: m.recording_no_capture,
    format: m.recording_no_format
  };
  return words[fit.missing]();
}
