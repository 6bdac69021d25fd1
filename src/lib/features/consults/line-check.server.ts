import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { minuteMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { Limiter } from '#lib/kernel/limiter.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import type { LineTicket } from './room/call/line.ts';
import { identityOf } from './seat.ts';

/** A person tries again after moving nearer to the window, and again; a machine is stopped. */
const limiter = new Limiter({ most: 6, withinMs: 10 * minuteMs });

/**
 * [CALL-11] Two tokens for a check of one's own line: for staff, and for whoever passed the door of a link. Opens no
 * consult's room and reads nothing of anybody. @throws AppError `too_many_tries`, `sfu_unavailable`
 */
export async function checkLine({
  actor,
  clock,
  media
}: Call<'media', MemberActor | PatientLinkActor>): Promise<LineTicket> {
  if (!limiter.take(identityOf(actor), clock.now())) throw fail('too_many_tries');
  if (!media.clientUrl) throw fail('sfu_unavailable');
  return { url: media.clientUrl, iceServers: media.iceServers, ...(await media.checkTokens()) };
}
