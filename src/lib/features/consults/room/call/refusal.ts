import { asAppError } from '#lib/kernel/errors.ts';
import type { FailReason, LeaveReason } from './call.ts';

/** A ticket was refused for good, or cannot be had now. */
export type Refusal = { kind: 'final'; left: LeaveReason } | { kind: 'later'; failed: FailReason };

/**
 * What a failed `getTicket` means for the call. Everything not known to be final is tried again: a clinic's
 * line that is down must not read as "you were shown out".
 */
export function refusalFrom(error: unknown): Refusal {
  switch (asAppError(error)?.code ?? codeOf(error)) {
    case 'room_not_open':
    case 'consult_closed':
    case 'link_expired':
      return { kind: 'final', left: 'ended' };
    case 'not_admitted':
    case 'forbidden':
    case 'not_found':
    case 'grant_ended':
    case 'not_signed_in':
    case 'session_ended':
    case 'link_invalid':
      return { kind: 'final', left: 'removed' };
    default:
      return { kind: 'later', failed: 'unavailable' };
  }
}

/** Errors that crossed the network carry their code as a plain field. */
function codeOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}
