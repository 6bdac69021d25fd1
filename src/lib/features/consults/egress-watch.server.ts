import { and, eq, exists, inArray, isNull } from 'drizzle-orm';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import type { EgressFact } from '#lib/kernel/ports.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { egressDone, egressEnded, egressHeard, egressStopped } from './egress.server.ts';
import { encryptionOf } from './encryption-state.server.ts';
import { keepLooking } from './keep-looking.server.ts';
import { endRecording } from './record.server.ts';
import { beginMs, isRunning, longestRecordingMs, type RecordingEnd } from './recording.ts';
import { consultRecordings } from './recording-tables.server.ts';
import { consultSeats } from './tables.server.ts';

const busyMs = 5_000;
const idleMs = 30_000;
/** [RC-4] What could not be stopped is tried again so soon. */
const retryMs = 500;
/** One that was asked for may be known to the media server so much later. */
const knownWithinMs = 30_000;

/** So long it may put its file together and lay it where it belongs, not being in the room any more. */
const finishMs = 30 * 60_000;

/** Who reloads their page, or whose line was lost, is back by then; after 20 s the room itself ends. */
const emptyRoomMs = 12_000;

type Watcher = Pick<Services, 'db' | 'systemDb' | 'live' | 'clock' | 'log' | 'egress'>;
type Row = Pick<
  typeof consultRecordings.$inferSelect,
  'id' | 'organisationId' | 'consultId' | 'state' | 'startedAt' | 'endedAt' | 'egressId' | 'stoppedAt'
> & { hasPeople: unknown };

/**
 * [RC-16] Looks after the recordings that the media server makes: has it stop what has ended, within a second, and asks
 * what became of the others. Webhooks only wake it, for they get lost. In each process; done twice, it is done once.
 * @returns stop
 */
export function watchEgress(services: Watcher): () => void {
  const { egress, systemDb, live, log, clock } = services;
  if (!egress.configured) return () => {};
  /** Since when nobody is in the room of which. */
  const emptySince = new Map<string, number>();
  /** Which are being stopped now. */
  const stopping = new Set<string>();
  const warn = (error: unknown) => {
    const code = asAppError(error)?.code ?? (error instanceof Error ? error.name : 'unknown');
    log.warn({ code }, 'recordings of the media server not looked after');
    return retryMs;
  };
  const callFor = ({ organisationId, id }: Row): Call<never, SystemActor> => ({
    ...services,
    actor: { kind: 'system', organisationId, reason: 'recording' },
    request: { id, ip: 'local' }
  });
  const inRoom = systemDb
    .select({ id: consultSeats.id })
    .from(consultSeats)
    .where(and(eq(consultSeats.consultId, consultRecordings.consultId), eq(consultSeats.state, 'in-room')));

  function unfinished(): Promise<Row[]> {
    const { id, organisationId, consultId, state, startedAt, endedAt, egressId, stoppedAt } =
      consultRecordings;
    return systemDb
      .select({
        ...{ id, organisationId, consultId, state, startedAt, endedAt, egressId, stoppedAt },
        hasPeople: exists(inRoom)
      })
      .from(consultRecordings)
      .where(
        and(
          eq(consultRecordings.maker, 'server'),
          inArray(state, ['recording', 'paused', 'ended']),
          isNull(consultRecordings.pieces)
        )
      );
  }

  // Apart from the questions below, for one that is not answered must hold up no stop.
  const stops = keepLooking(async () => {
    const rows = await unfinished();
    for (const row of rows)
      if (!isRunning(row.state) && row.egressId && !row.stoppedAt && !stopping.has(row.id))
        stop(row, row.egressId);
    return rows.length > 0 ? busyMs : idleMs;
  }, warn);

  function stop(row: Row, egressId: string): void {
    stopping.add(row.id);
    egress
      .stop(egressId)
      .then(() => egressStopped(callFor(row), row))
      .catch((error: unknown) => stops.sleep(warn(error)))
      .finally(() => stopping.delete(row.id));
  }

  const questions = keepLooking(async () => {
    const rows = await unfinished();
    for (const id of emptySince.keys()) if (!rows.some((row) => row.id === id)) emptySince.delete(id);
    let sleepMs = rows.length > 0 ? busyMs : idleMs;
    for (const row of rows)
      // One that cannot be asked about holds up no other.
      await look(row).catch((error: unknown) => (sleepMs = warn(error)));
    return sleepMs;
  }, warn);

  async function look(row: Row): Promise<void> {
    const facts = await egress.list(row.consultId);
    const own = facts.filter((fact) => fact.egressId === row.egressId || fact.recordingId === row.id);
    const now = own.find(({ state }) => state !== 'over') ?? own[0] ?? null;
    const call = callFor(row);
    const ageMs = clock.now().getTime() - row.startedAt.getTime();
    if (isRunning(row.state)) {
      const reason = await reasonOf(row, now, ageMs);
      if (reason && (now?.state === 'ending' || now?.state === 'over')) await egressEnded(call, row, reason);
      else if (reason) await endRecording(call, row, reason);
      else if (now && (now.state === 'starting' || now.isThere)) await egressHeard(call, row, now.egressId);
    } else if (now && now.state !== 'over') {
      const endedMs = clock.now().getTime() - (row.endedAt ?? row.startedAt).getTime();
      // Its answer was lost when it was asked for: found by its file's name, it can be stopped.
      if (row.egressId === null || now.isThere || endedMs < finishMs)
        await egressHeard(call, row, now.egressId);
      if (row.egressId === null) stops.wake();
    } else if (now) await egressDone(await stopped(call, row), row, now.durationMs);
    else if (ageMs > knownWithinMs) await egressDone(call, row, null);
  }

  /** What is over takes nothing more, whenever that was: known from now on. */
  async function stopped(call: Call<never, SystemActor>, row: Row): Promise<Call<never, SystemActor>> {
    if (!row.stoppedAt) await egressStopped(call, row);
    return call;
  }

  /** Why it is over; null: it goes on. */
  async function reasonOf(row: Row, now: EgressFact | null, ageMs: number): Promise<RecordingEnd | null> {
    if (row.hasPeople) emptySince.delete(row.id);
    else if (!emptySince.has(row.id)) emptySince.set(row.id, clock.now().getTime());
    const emptyMs = clock.now().getTime() - (emptySince.get(row.id) ?? Number.POSITIVE_INFINITY);
    if (now?.trouble) return now.trouble === 'limit' ? 'limit' : 'broken';
    if (now?.state === 'ending' || now?.state === 'over') return row.hasPeople ? 'lost' : 'left';
    if (emptyMs > emptyRoomMs) return 'left';
    if (now?.state === 'starting' && ageMs > beginMs) return 'broken';
    if (ageMs > longestRecordingMs) return 'limit';
    const encryption = await inTransaction(callFor(row), (tx) => encryptionOf(tx, row.consultId));
    return encryption.on ? 'encrypted' : null;
  }

  const wake = () => {
    stops.wake();
    questions.wake();
  };
  const unsubscribe = live.subscribe('recordings', wake);
  wake();
  return () => {
    unsubscribe();
    stops.stop();
    questions.stop();
  };
}
