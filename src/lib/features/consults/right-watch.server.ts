import type { SystemActor } from '#lib/kernel/actor.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { keepLooking } from './keep-looking.server.ts';
import { recordingRight, type RecordingRight, type RoomPurpose } from './recording.server.ts';

const busyMs = 5_000;
const idleMs = 30_000;
/** A right that could not be asked for, or an end that could not be written, is tried again so soon. */
const retryMs = 500;

export type WatchServices = Pick<Services, 'db' | 'systemDb' | 'live' | 'clock' | 'log'>;
export type WatchCall = Call<'live' | 'systemDb', SystemActor>;

/** What records or listens now. */
export interface Running {
  id: string;
  organisationId: string;
  consultId: string;
}

interface Watched<One extends Running, Reason> {
  purpose: RoomPurpose;
  running(): Promise<One[]>;
  /** Why it is over although all agree; null: it is not. */
  over(one: One): Reason | null;
  /** Why its right has just ended. */
  lost(one: One, call: WatchCall): Promise<Reason>;
  end(one: One, reason: Reason, call: WatchCall): Promise<void>;
  /** Behind each look, once every right is held. */
  seen?(running: readonly One[], callFor: (one: One) => WatchCall): Promise<void>;
}

/**
 * [CN-25] Holds the right of all that records or listens, and ends it with its right. Looks every few seconds while
 * there is any, and when woken by `recordings`. One in each process that owns sockets: what several of them do is done
 * once.
 * @returns stop
 */
export function watchRights<One extends Running, Reason>(
  services: WatchServices,
  watched: Watched<One, Reason>
): () => void {
  const { purpose } = watched;
  const held = new Map<string, RecordingRight>();
  let stopped = false;
  const warn = (error: unknown) =>
    services.log.warn(
      { name: error instanceof Error ? error.name : 'unknown', purpose },
      'rights to record or listen not looked after'
    );
  const lookout = keepLooking(look, (error) => {
    warn(error);
    return retryMs;
  });
  const callFor = ({ organisationId, id }: One): WatchCall => ({
    ...services,
    actor: { kind: 'system', organisationId, reason: purpose },
    request: { id, ip: 'local' }
  });

  /** @returns how long to sleep, in milliseconds */
  async function look(): Promise<number> {
    const running = await watched.running();
    for (const id of held.keys()) if (!running.some((one) => one.id === id)) letGo(id);
    for (const one of running) {
      const reason = watched.over(one);
      if (reason !== null) await end(one, reason);
      else if (!held.has(one.id)) await hold(one);
    }
    await watched.seen?.(running, callFor);
    return running.length > 0 ? busyMs : idleMs;
  }

  async function hold(one: One): Promise<void> {
    try {
      const right = await recordingRight(callFor(one), one.consultId, purpose);
      if (stopped) return right.release();
      held.set(one.id, right);
      const ended = () =>
        void lose(one).catch((error: unknown) => {
          warn(error);
          lookout.sleep(retryMs);
        });
      if (right.signal.aborted) ended();
      else right.signal.addEventListener('abort', ended, { once: true });
    } catch (error) {
      if (asAppError(error)?.code !== 'recording_not_agreed') throw error;
      await lose(one);
    }
  }

  async function lose(one: One): Promise<void> {
    letGo(one.id);
    await end(one, await watched.lost(one, callFor(one)));
  }

  async function end(one: One, reason: Reason): Promise<void> {
    letGo(one.id);
    await watched.end(one, reason, callFor(one));
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
