import { seatsOfInvite, seatsWithoutGrant, takenSeats } from '#lib/features/consults/room.server.ts';
import { staffIdentity } from '#lib/features/consults/seat.ts';
import { stillActs } from '#lib/features/identity/member.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import type { LiveEvent } from '#lib/kernel/ports.ts';
import type { Collab } from './collab/server.ts';

/**
 * What somebody may do has changed somewhere: sockets and room seats here are asked anew, and end within a second
 * where the answer is no. In every process.
 */
export async function followAccess(
  services: Services,
  collab: Pick<Collab, 'recheck' | 'recheckAll'>,
  { name, data = {} }: LiveEvent
): Promise<void> {
  // While the database could not tell, anything may have changed.
  if (name === 'resync') return collab.recheckAll();
  const { userId, consultId, inviteId } = data;
  if (typeof inviteId === 'string') {
    // [CN-6] [CN-24] A link that ended takes its sockets too; who only no longer wants to be seen keeps the page.
    await Promise.all([collab.recheck({ inviteId }), endSeatsOf(services, inviteId)]);
    return;
  }
  if (typeof consultId === 'string') {
    // Whoever still may read stays, on a board that is now read-only.
    await Promise.all([collab.recheck({ consultId }), endUngrantedSeats(services, consultId)]);
    return;
  }
  if (typeof userId !== 'string') return;
  await Promise.all([collab.recheck({ userId }), endLostSeats(services, userId)]);
}

/** [ID-33] A seat ends with the session that took it, also while its person has others, and with the place it was taken from. */
async function endLostSeats(services: Services, userId: string): Promise<void> {
  const seats = (await takenSeats(services)).filter((seat) => seat.identity === staffIdentity(userId));
  await Promise.all(
    seats.map(async (seat) => {
      if (!(await stillActs(services, seat))) await services.media.remove(seat.room, seat.identity);
    })
  );
}

/** [CN-20] Who answers sits in the call under a grant. */
async function endUngrantedSeats(services: Services, consultId: string): Promise<void> {
  const seats = await seatsWithoutGrant(services, consultId);
  await Promise.all(seats.map((seat) => services.media.remove(seat.room, seat.identity)));
}

async function endSeatsOf(services: Services, inviteId: string): Promise<void> {
  const seats = await seatsOfInvite(services, inviteId);
  await Promise.all(seats.map((seat) => services.media.remove(seat.room, seat.identity)));
}
