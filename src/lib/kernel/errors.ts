/**
 * Errors as values with codes. A code has one HTTP status here and one text in each language in
 * messages/<locale>/errors.json (key `error_<code>`); lint fails where a text is missing. What a person
 * reads is made from the code alone: a raw message never leaves the server.
 */
const statusOfCode = {
  // identity
  not_signed_in: 401,
  wrong_credentials: 401,
  wrong_password: 403,
  session_ended: 401,
  forbidden: 403,
  not_found: 404,
  too_many_tries: 429,
  step_up_required: 403,
  wrong_code: 422,
  password_too_short: 422,
  password_too_common: 422,
  password_personal: 422,
  token_invalid: 404,
  passkey_failed: 403,
  member_exists: 409,
  last_owner: 409,
  place_changed: 409,
  unit_in_use: 409,
  right_fixed: 422,
  role_in_use: 409,
  mail_not_configured: 409,
  oidc_failed: 403,
  oidc_unknown_person: 403,
  // input
  invalid_input: 422,
  text_too_long: 422,
  conflict: 409,
  // odontogram
  unknown_tooth: 422,
  surface_not_on_tooth: 422,
  // imaging
  file_empty: 422,
  file_too_large: 413,
  file_not_an_image: 415,
  file_disguised: 415,
  file_infected: 422,
  scanner_unavailable: 503,
  image_not_read: 422,
  image_reader_busy: 503,
  too_many_images: 409,
  dicom_truncated: 422,
  dicom_no_pixels: 422,
  dicom_frame_out_of_reach: 422,
  dicom_unsupported: 415,
  dicom_other_patient: 409,
  upload_broken: 400,
  // consults
  consult_already_accepted: 409,
  consult_already_answered: 409,
  consult_wrong_state: 409,
  consult_not_yours: 403,
  consult_closed: 409,
  grant_ended: 403,
  grant_not_open: 409,
  grant_end_out_of_range: 422,
  proposal_already_decided: 409,
  opinion_empty: 422,
  opinion_signed: 409,
  expert_not_found: 404,
  credential_missing: 403,
  credential_expired: 403,
  // rights
  erasure_refused: 409,
  // appointments
  slot_taken: 409,
  slot_in_past: 422,
  // treatment
  item_already_booked: 409,
  item_not_open: 409,
  // patient's link
  link_invalid: 404,
  link_expired: 410,
  link_locked: 423,
  link_wrong_digits: 403,
  delegate_not_allowed: 403,
  // consent
  consent_missing: 403,
  consent_text_changed: 409,
  recording_not_agreed: 403,
  recording_not_in_call: 409,
  recording_runs: 409,
  recording_over: 409,
  recording_no_pause: 409,
  recording_encrypted: 409,
  recording_server_refused: 503,
  record_held: 409,
  captions_not_configured: 409,
  captions_not_agreed: 403,
  captions_off: 409,
  captions_unavailable: 503,
  // room
  sfu_unavailable: 503,
  room_not_open: 409,
  call_locked: 423,
  call_removed: 403,
  call_cannot_encrypt: 409,
  chat_file_kind: 415,
  not_admitted: 403,
  // push
  push_unreachable: 503,
  push_not_possible: 409,
  // general
  storage_full: 507,
  sealed_value_refused: 500,
  unavailable: 503,
  internal: 500
} as const;

export type ErrorCode = keyof typeof statusOfCode;
export const errorCodes = Object.keys(statusOfCode) as ErrorCode[];

/** What may go with a code: small, safe values a text can name (a limit, a tooth number). Never personal data. */
export type ErrorDetail = Readonly<Record<string, string | number>>;

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail = {}, options?: ErrorOptions) {
    super(code, options);
    this.name = 'AppError';
    this.code = code;
    this.status = statusOfCode[code];
    this.detail = detail;
  }
}

/** Shorthand for `throw`: `throw fail('unknown_tooth', { tooth })`. */
export function fail(code: ErrorCode, detail: ErrorDetail = {}, cause?: unknown): AppError {
  return new AppError(code, detail, cause === undefined ? undefined : { cause });
}

/**
 * The AppError in `error` or behind it (the query builder wraps what the database's pool throws), or null. By
 * name and code, not by `instanceof`: the web bundle and the plain Node code each have a copy of this module.
 */
export function asAppError(error: unknown): AppError | null {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if (e.name === 'AppError' && 'code' in e && String(e.code) in statusOfCode) return e as AppError;
  return null;
}
