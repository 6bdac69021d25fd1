import { m } from '#lib/paraglide/messages.js';
import type { LineFault, LineReason, LineVerdict } from './line.ts';

export const lineVerdictWords: Record<LineVerdict['kind'], () => string> = {
  good: m.room_line_good,
  fair: m.room_line_fair,
  voice: m.room_line_voice,
  none: m.room_line_none
};

export const lineReasonWords: Record<LineReason, () => string> = {
  up: m.room_line_reason_up,
  down: m.room_line_reason_down,
  loss: m.room_line_reason_loss,
  delay: m.room_line_reason_delay,
  jitter: m.room_line_reason_jitter,
  tcp: m.room_line_reason_tcp
};

export const lineFaultWords: Record<LineFault, () => string> = {
  offline: m.room_line_fault_offline,
  webrtc: m.room_line_fault_webrtc,
  server: m.room_line_fault_server,
  signal: m.room_line_fault_signal,
  media: m.room_line_fault_media,
  'too-often': m.room_line_fault_too_often
};
