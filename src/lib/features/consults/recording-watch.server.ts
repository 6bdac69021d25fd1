import { inArray } from 'drizzle-orm';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { keepLooking } from './keep-looking.server.ts';
import { endOfRight, endRecording, tellSilence } from './record.server.ts';
import { lostMs, silentMs, type RecordingEnd } from './recording.ts';
import { recordingRight, type RecordingRight } from './recording.server.ts';
import { consultRecordings } from './recording-tables.server.ts';

const busyMs = 5_000;
const idleMs = 30_000;
/** A right that could not be asked for is asked for again so soon. */
const retryMs = 500;

type Watched = Pick<Services, 'db' | 'systemDb' | 'live' | 'clock' | 'log'>;
interface Running {
  id: string;
  organisationId: string;
  consultId: string;
  heardAt: Date;
}

/**
 * [RC-4] [RC-6] Holds the right of every recording that is being made, and ends it with its right; ends also one whose
 * browser is not heard of any more. One in each process that owns sockets: what several of them do is done once.
 * @returns stop
 */
export function watchRecordings(services: Watched): () => void {
  const held = new Map<string, RecordingRight>();
  const silent = new Set<string>();
  let stopped = false;

  const callFor = ({ organisationId, id }: Running) => ({
    ...services,
    actor: { kind: 'system', organisationId, reason: 'recording' } satisfies SystemActor,
    request: { id, ip: 'local' }
  });
  const warn = (error: unknown, text: string) =>
    services.log.warn({ name: error instanceof Error ? error.name : 'unknown' }, text);

  const lookout = keepLooking(look, (error) => {
    warn(error, 'recordings not looked up');
    return retryMs;
  });

  /** @returns how long to sleep, in milliseconds */
  async function look(): Promise<number> {
    const running = await services.systemDb
      .select({
        id: consultRecordings.id,
        organisationId: consultRecordings.organisationId,
        consultId: consultRecordings.consultId,
        heardAt: consultRecordings.heardAt
      })
      .from(consultRecordings)
      .where(inArray(consultRecordings.state, ['recording', 'paused']));
    const ids = new Set(running.map(({ id }) => id));
    for (const [id, right] of held) if (!ids.has(id)) letGo(id, right);
    for (const one of running) {
      const quietMs = services.clock.now().getTime() - one.heardAt.getTime();
      if (quietMs > lostMs) await end(one, 'lost');
      else if (!held.has(one.id)) await hold(one);
      if (quietMs <= silentMs) silent.delete(one.id);
      else if (!silent.has(one.id)) {
        silent.add(one.id);
        await tellSilence(callFor(one), one.consultId);
      }
    }
    return running.length > 0 ? busyMs : idleMs;
  }

  async function hold(one: Running): Promise<void> {
    try {
      const right = await recordingRight(callFor(one), one.consultId);
      if (stopped) return right.release();
      held.set(one.id, right);
      const over = () => {
        held.delete(one.id);
        void endOfRight(callFor(one), one.consultId)
          // What cannot be asked is a no.
          .catch(() => 'withdrawn' as const)
          .then((reason) => end(one, reason))
          .catch((error: unknown) => {
            warn(error, 'a recording whose right ended was not ended yet');
            lookout.sleep(retryMs);
          });
      };
      if (right.signal.aborted) over();
      else right.signal.addEventListener('abort', over, { once: true });
    } catch (error) {
      if (asAppError(error)?.code !== 'recording_not_agreed') throw error;
      await end(one, await endOfRight(callFor(one), one.consultId));
    }
  }

  async function end(one: Running, reason: RecordingEnd): Promise<void> {
    await endRecording(callFor(one), one, reason);
    const right = held.get(one.id);
    if (right) letGo(one.id, right);
  }

  function letGo(id: string, right: RecordingRight): void {
    right.release();
    held.delete(id);
    silent.delete(id);
  }

  const unsubscribe = services.live.subscribe('recordings', lookout.wake);
  lookout.wake();
  return () => {
    stopped = true;
    unsubscribe();
    lookout.stop();
    for (const right of held.values()) right.release();
  };
}
