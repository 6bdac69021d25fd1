import { and, eq, exists, isNotNull } from 'drizzle-orm';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { endCaptions, type CaptionsEnd } from './captions.server.ts';
import { keepLooking } from './keep-looking.server.ts';
import { recordingRight, type RecordingRight } from './recording.server.ts';
import { consults, consultSeats } from './tables.server.ts';

const busyMs = 5_000;
const idleMs = 30_000;
const retryMs = 500;

/**
 * [CN-26] Holds the right of all captions that are made, and ends them with it, and where nobody is left to read them.
 * One in each process that owns sockets: what several of them do is done once. @returns stop
 */
export function watchCaptions(
  services: Pick<Services, 'db' | 'systemDb' | 'live' | 'clock' | 'log'>
): () => void {
  const held = new Map<string, RecordingRight>();
  let stopped = false;
  const warn = (error: unknown) =>
    services.log.warn({ name: error instanceof Error ? error.name : 'unknown' }, 'captions not looked after');
  const lookout = keepLooking(look, (error) => {
    warn(error);
    return retryMs;
  });
  const callFor = (organisationId: string) => ({
    ...services,
    actor: { kind: 'system', organisationId, reason: 'captions' } satisfies SystemActor,
    request: { id: 'captions', ip: 'local' }
  });

  /** @returns how long to sleep, in milliseconds */
  async function look(): Promise<number> {
    const { systemDb } = services;
    const inRoom = systemDb
      .select({ id: consultSeats.id })
      .from(consultSeats)
      .where(and(eq(consultSeats.consultId, consults.id), eq(consultSeats.state, 'in-room')));
    const made = await systemDb
      .select({ id: consults.id, organisationId: consults.organisationId, isThere: exists(inRoom) })
      .from(consults)
      .where(isNotNull(consults.captionsAt));
    for (const id of held.keys()) if (!made.some((one) => one.id === id)) letGo(id);
    for (const { id, organisationId, isThere } of made)
      if (!isThere) await over(id, organisationId, 'left');
      else if (!held.has(id)) await hold(id, organisationId);
    return made.length > 0 ? busyMs : idleMs;
  }

  async function hold(id: string, organisationId: string): Promise<void> {
    try {
      const right = await recordingRight(callFor(organisationId), id, 'ai-notes');
      if (stopped) return right.release();
      held.set(id, right);
      const lost = () =>
        void over(id, organisationId, 'not-agreed').catch((error: unknown) => {
          warn(error);
          lookout.sleep(retryMs);
        });
      if (right.signal.aborted) lost();
      else right.signal.addEventListener('abort', lost, { once: true });
    } catch (error) {
      if (asAppError(error)?.code !== 'recording_not_agreed') throw error;
      await over(id, organisationId, 'not-agreed');
    }
  }

  async function over(
    id: string,
    organisationId: string,
    reason: Exclude<CaptionsEnd, 'stopped'>
  ): Promise<void> {
    letGo(id);
    await endCaptions(callFor(organisationId), id, reason);
  }

  function letGo(id: string): void {
    held.get(id)?.release();
    held.delete(id);
  }

  const unsubscribe = services.live.subscribe('recordings', lookout.wake);
  lookout.wake();
  return () => {
    stopped = true;
    unsubscribe();
    lookout.stop();
    for (const id of [...held.keys()]) letGo(id);
  };
}
