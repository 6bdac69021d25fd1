import { relationText } from '#lib/features/patients/delegate-words.ts';
import { m } from '#lib/paraglide/messages.js';
import type { SeatRole } from '../../seat.ts';
import type { FailReason, LeaveReason, LineQuality, ParticipantView, Picture } from './call.ts';
import { cameraFacing } from './browser.ts';
import type { CallCommand } from './keys.ts';
import type { CallLayout } from './layout.ts';
import type { DeviceTrouble, LobbyVerdict } from './check.ts';
import type { Source } from './given-back.svelte.ts';

/** The texts of states, each table complete by its type. */
export const roleWords: Record<SeatRole, () => string> = {
  requester: m.room_role_requester,
  expert: m.room_role_expert,
  guest: m.room_role_guest,
  member: m.room_role_member,
  patient: m.room_role_patient,
  delegate: m.room_role_delegate
};

/** Role in words; of a delegate with what they are to the patient, of a guest with where they work. */
export function roleText({
  role,
  relation,
  organisation
}: {
  role: SeatRole;
  relation?: string | null;
  organisation?: string | null | undefined;
}): string {
  if (role === 'guest' && organisation) return m.room_role_guest_from({ organisation });
  return role === 'delegate' && relation
    ? m.room_role_delegate_as({ relation: relationText(relation) })
    : roleWords[role]();
}

/** Whose picture, and which of theirs. */
export function tileTitle(person: Pick<ParticipantView, 'isSelf' | 'name'>, picture: Picture): string {
  const name = person.isSelf ? m.room_you() : person.name;
  switch (picture) {
    case 'camera':
      return name;
    case 'screen':
      return m.room_tile_screen({ name });
    case 'intraoral':
      return m.room_tile_intraoral({ name });
  }
}

export const qualityWords: Record<Exclude<LineQuality, 'unknown'>, () => string> = {
  good: m.room_quality_good,
  fair: m.room_quality_fair,
  poor: m.room_quality_poor,
  lost: m.room_quality_lost
};

export const verdictWords: Record<LobbyVerdict, () => string> = {
  checking: m.room_verdict_checking,
  fine: m.room_verdict_fine,
  say_something: m.room_verdict_say_something,
  too_dark: m.room_verdict_too_dark,
  sound_only: m.room_verdict_sound_only,
  picture_only: m.room_verdict_picture_only,
  nothing: m.room_verdict_nothing
};

export const leftWords: Record<LeaveReason, () => string> = {
  self: m.room_left_self,
  removed: m.room_left_removed,
  ended: m.room_left_ended,
  elsewhere: m.room_left_elsewhere
};

export const failWords: Record<FailReason, () => string> = {
  unavailable: m.room_failed_unavailable,
  refused: m.room_failed_refused,
  blocked: m.room_failed_blocked,
  unsupported: m.room_failed_unsupported
};

const troubleTexts: Record<
  'camera' | 'microphone',
  Record<Exclude<DeviceTrouble, 'insecure'>, () => string>
> = {
  camera: {
    blocked: m.room_trouble_camera_blocked,
    missing: m.room_trouble_camera_missing,
    busy: m.room_trouble_camera_busy,
    other: m.room_trouble_camera_other
  },
  microphone: {
    blocked: m.room_trouble_microphone_blocked,
    missing: m.room_trouble_microphone_missing,
    busy: m.room_trouble_microphone_busy,
    other: m.room_trouble_microphone_other
  }
};

/** [CALL-15] A camera as a person knows it: front or back where its system says so, else by its name. */
export function cameraName(label: string, facing: 'user' | 'environment'): string {
  if (cameraFacing(label) === null && label) return label;
  return facing === 'user' ? m.room_camera_front() : m.room_camera_back();
}

export const layoutWords: Record<CallLayout, () => string> = {
  board: m.room_layout_board,
  speaker: m.room_layout_speaker,
  grid: m.room_layout_grid,
  focus: m.room_layout_focus
};

export const keyWords: Record<CallCommand, () => string> = {
  mic: m.room_key_mic,
  talk: m.room_key_talk,
  camera: m.room_key_camera,
  screen: m.room_key_screen,
  hand: m.room_key_hand,
  away: m.room_key_away,
  layout: m.room_key_layout,
  chat: m.room_key_chat,
  list: m.room_key_list
};

/** What is wrong with a device and what to do. */
export function troubleWords(source: 'camera' | 'microphone' | 'screen', trouble: DeviceTrouble): string {
  if (trouble === 'insecure') return m.room_trouble_insecure();
  return source === 'screen' ? m.room_trouble_screen_other() : troubleTexts[source][trouble]();
}

/** A phone call or another program has what is wanted; it comes back by itself. */
export function takenWords(taken: readonly Source[]): string {
  if (taken.length > 1) return m.room_taken_both();
  return taken[0] === 'camera' ? m.room_taken_camera() : m.room_taken_microphone();
}
