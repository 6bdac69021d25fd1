import { inArray } from 'drizzle-orm';
import { endOfRight, endRecording, tellSilence } from './record.server.ts';
import { lostMs, silentMs, type RecordingEnd } from './recording.ts';
import { consultRecordings } from './recording-tables.server.ts';
import { watchRights, type Running, type WatchServices } from './right-watch.server.ts';

interface Recording extends Running {
  heardAt: Date;
}

/**
 * [RC-4] [RC-6] A recording ends with its right, and where its browser is not heard of any more, of which everybody is
 * told before. @returns stop
 */
export function watchRecordings(services: WatchServices): () => void {
  let silent = new Set<string>();
  const quietMs = ({ heardAt }: Recording) => services.clock.now().getTime() - heardAt.getTime();
  const { id, organisationId, consultId, heardAt } = consultRecordings;
  return watchRights<Recording, RecordingEnd>(services, {
    purpose: 'recording',
    running: () =>
      services.systemDb
        .select({ id, organisationId, consultId, heardAt })
        .from(consultRecordings)
        .where(inArray(consultRecordings.state, ['recording', 'paused'])),
    over: (one) => (quietMs(one) > lostMs ? 'lost' : null),
    // What cannot be asked is a no.
    lost: (one, call) => endOfRight(call, one.consultId).catch(() => 'withdrawn' as const),
    end: (one, reason, call) => endRecording(call, one, reason),
    async seen(running, callFor) {
      const quiet = running.filter((one) => quietMs(one) > silentMs);
      for (const one of quiet) if (!silent.has(one.id)) await tellSilence(callFor(one), one.consultId);
      silent = new Set(quiet.map((one) => one.id));
    }
  });
}
