import { and, eq, exists, isNotNull } from 'drizzle-orm';
import { endCaptions } from './captions.server.ts';
import { watchRights, type WatchServices } from './right-watch.server.ts';
import { consults, consultSeats } from './tables.server.ts';

/** [CN-26] Captions end with their right, and where nobody is left to read them. @returns stop */
export function watchCaptions(services: WatchServices): () => void {
  const { systemDb } = services;
  const inRoom = systemDb
    .select({ id: consultSeats.id })
    .from(consultSeats)
    .where(and(eq(consultSeats.consultId, consults.id), eq(consultSeats.state, 'in-room')));
  const { id, organisationId } = consults;
  return watchRights(services, {
    purpose: 'ai-notes',
    running: () =>
      systemDb
        .select({ id, consultId: id, organisationId, isThere: exists(inRoom) })
        .from(consults)
        .where(isNotNull(consults.captionsAt)),
    over: ({ isThere }) => (isThere ? null : ('left' as const)),
    lost: async () => 'not-agreed' as const,
    end: ({ consultId }, reason, call) => endCaptions(call, consultId, reason)
  });
}
