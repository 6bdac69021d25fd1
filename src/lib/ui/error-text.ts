import type { ErrorCode } from '#lib/kernel/errors.ts';
import { m } from '#lib/paraglide/messages.js';
import type { Locale } from '#lib/paraglide/runtime.js';

/** What a browser meets that no server said: the line is down. */
export type ShownCode = ErrorCode | 'unreachable';

// Written out, not `m[code]`: a lookup by name would put every message of the product into every page.
const texts: Record<ShownCode, (inputs?: object, options?: { locale?: Locale }) => string> = {
  not_signed_in: m.error_not_signed_in,
  wrong_credentials: m.error_wrong_credentials,
  wrong_password: m.error_wrong_password,
  session_ended: m.error_session_ended,
  forbidden: m.error_forbidden,
  not_found: m.error_not_found,
  too_many_tries: m.error_too_many_tries,
  step_up_required: m.error_step_up_required,
  wrong_code: m.error_wrong_code,
  password_too_short: m.error_password_too_short,
  password_too_common: m.error_password_too_common,
  password_personal: m.error_password_personal,
  token_invalid: m.error_token_invalid,
  passkey_failed: m.error_passkey_failed,
  member_exists: m.error_member_exists,
  last_owner: m.error_last_owner,
  place_changed: m.error_place_changed,
  unit_in_use: m.error_unit_in_use,
  right_fixed: m.error_right_fixed,
  role_in_use: m.error_role_in_use,
  mail_not_configured: m.error_mail_not_configured,
  oidc_failed: m.error_oidc_failed,
  oidc_unknown_person: m.error_oidc_unknown_person,
  invalid_input: m.error_invalid_input,
  text_too_long: m.error_text_too_long,
  conflict: m.error_conflict,
  unknown_tooth: m.error_unknown_tooth,
  surface_not_on_tooth: m.error_surface_not_on_tooth,
  file_empty: m.error_file_empty,
  file_too_large: m.error_file_too_large,
  file_not_an_image: m.error_file_not_an_image,
  file_disguised: m.error_file_disguised,
  file_infected: m.error_file_infected,
  scanner_unavailable: m.error_scanner_unavailable,
  image_not_read: m.error_image_not_read,
  image_reader_busy: m.error_image_reader_busy,
  too_many_images: m.error_too_many_images,
  dicom_truncated: m.error_dicom_truncated,
  dicom_frame_out_of_reach: m.error_dicom_frame_out_of_reach,
  dicom_no_pixels: m.error_dicom_no_pixels,
  dicom_unsupported: m.error_dicom_unsupported,
  dicom_other_patient: m.error_dicom_other_patient,
  upload_broken: m.error_upload_broken,
  consult_already_accepted: m.error_consult_already_accepted,
  consult_already_answered: m.error_consult_already_answered,
  consult_wrong_state: m.error_consult_wrong_state,
  consult_not_yours: m.error_consult_not_yours,
  consult_closed: m.error_consult_closed,
  grant_ended: m.error_grant_ended,
  erasure_refused: m.error_erasure_refused,
  grant_not_open: m.error_grant_not_open,
  grant_end_out_of_range: m.error_grant_end_out_of_range,
  proposal_already_decided: m.error_proposal_already_decided,
  opinion_empty: m.error_opinion_empty,
  opinion_signed: m.error_opinion_signed,
  expert_not_found: m.error_expert_not_found,
  credential_missing: m.error_credential_missing,
  credential_expired: m.error_credential_expired,
  slot_taken: m.error_slot_taken,
  slot_in_past: m.error_slot_in_past,
  item_already_booked: m.error_item_already_booked,
  item_not_open: m.error_item_not_open,
  link_invalid: m.error_link_invalid,
  link_expired: m.error_link_expired,
  link_locked: m.error_link_locked,
  link_wrong_digits: m.error_link_wrong_digits,
  delegate_not_allowed: m.error_delegate_not_allowed,
  consent_missing: m.error_consent_missing,
  consent_text_changed: m.error_consent_text_changed,
  recording_not_agreed: m.error_recording_not_agreed,
  recording_not_in_call: m.error_recording_not_in_call,
  recording_runs: m.error_recording_runs,
  recording_over: m.error_recording_over,
  recording_no_pause: m.error_recording_no_pause,
  recording_encrypted: m.error_recording_encrypted,
  recording_server_refused: m.error_recording_server_refused,
  record_held: m.error_record_held,
  captions_not_configured: m.error_captions_not_configured,
  captions_not_agreed: m.error_captions_not_agreed,
  captions_off: m.error_captions_off,
  captions_unavailable: m.error_captions_unavailable,
  sfu_unavailable: m.error_sfu_unavailable,
  room_not_open: m.error_room_not_open,
  call_locked: m.error_call_locked,
  call_removed: m.error_call_removed,
  call_cannot_encrypt: m.error_call_cannot_encrypt,
  chat_file_kind: m.error_chat_file_kind,
  not_admitted: m.error_not_admitted,
  push_unreachable: m.error_push_unreachable,
  push_not_possible: m.error_push_not_possible,
  storage_full: m.error_storage_full,
  sealed_value_refused: m.error_sealed_value_refused,
  unavailable: m.error_unavailable,
  internal: m.error_internal,
  unreachable: m.error_unreachable
};

/**
 * What a person reads for a code: what happened and what they can do. An unknown code reads as `internal`; no code, as
 * nothing.
 *
 * @param locale default: the one in force
 */
export function errorText(code: string, locale?: Locale): string;
export function errorText(code: string | null | undefined, locale?: Locale): string | null;
export function errorText(code: string | null | undefined, locale?: Locale): string | null {
  if (!code) return null;
  const text = code in texts ? texts[code as ShownCode] : texts.internal;
  return text({}, locale ? { locale } : {});
}

/** Words for whatever a `catch` caught: an error carrying a code, a dropped connection, or anything else. */
export function errorTextOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return errorText(error.code);
  // fetch rejects with a TypeError when the server cannot be reached.
  return errorText(error instanceof TypeError ? 'unreachable' : 'internal');
}
