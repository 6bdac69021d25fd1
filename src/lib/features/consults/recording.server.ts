import { eq } from 'drizzle-orm';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { writeAnswers } from '#lib/features/consent/answer.server.ts';
import { allows, type ConsentState, type Purpose } from '#lib/features/consent/consent.ts';
import type { AnswersInput } from '#lib/features/consent/schema.ts';
import { isOpen } from './consult.ts';
import { consultFor, openConsult, type ConsultRow } from './read.server.ts';
import { roomConsents } from './room-consents.server.ts';
import { consults } from './tables.server.ts';

/** What concerns everybody whose voice is in the room. */
export type RoomPurpose = Extract<Purpose, 'recording' | 'ai-notes'>;

/**
 * [CN-25] Whether this consult may be recorded at this moment: it is open, and the patient and everybody who is in the
 * room have said yes. What records holds a `recordingRight`, which asks this.
 * @returns who stands in the way, with what they said
 */
export async function mayRecord(
  call: Call,
  consultId: string,
  purpose: RoomPurpose = 'recording'
): Promise<{ ok: boolean; missing: { personId: string; name: string; state: ConsentState }[] }> {
  return inTransaction(call, async (tx) => {
    const consult = await consultOf(tx, consultId);
    const people = await roomConsents(tx, consult);
    const missing = people
      .filter(({ states }) => !allows(states[purpose]))
      .map(({ personId, name, states }) => ({ personId, name, state: states[purpose] }));
    return { ok: isOpen(consult) && missing.length === 0, missing };
  });
}

/** Held by what records or listens: it stops when `signal` aborts, and lets go with `release` when done. */
export interface RecordingRight {
  signal: AbortSignal;
  release(): void;
}

/**
 * [CN-25] The right to record, for as long as everybody agrees: it ends with a withdrawal, with somebody who comes in
 * unasked, with the consult, and where that can no longer be told. Once ended it does not come back by itself.
 * @throws AppError `recording_not_agreed` {missing: how many}, `not_found`
 */
export async function recordingRight(
  call: Call<'live'>,
  consultId: string,
  purpose: RoomPurpose = 'recording'
): Promise<RecordingRight> {
  const ended = new AbortController();
  // Listens before it asks: a no in between is not missed.
  const stop = call.live.subscribe(`consult:${consultId}`, () => {
    mayRecord(call, consultId, purpose).then(
      ({ ok }) => {
        if (!ok) end();
      },
      // What cannot be asked is a no.
      end
    );
  });
  const end = () => {
    stop();
    ended.abort();
  };
  try {
    const { ok, missing } = await mayRecord(call, consultId, purpose);
    if (!ok) throw fail('recording_not_agreed', { missing: missing.length });
  } catch (error) {
    end();
    throw error;
  }
  return { signal: ended.signal, release: stop };
}

/** A member of the staff says whether they may be recorded in this consult. @throws AppError `room_not_open` */
export async function answerInRoom(
  call: Call<never, MemberActor>,
  consultId: string,
  input: AnswersInput
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId);
    const { organisationId, patientId } = consult;
    await writeAnswers(
      tx,
      {
        organisationId,
        patientId,
        personKind: 'member',
        personId: call.actor.userId,
        name: call.actor.name
      },
      input,
      consultId
    );
  });
}

/** A job of the server has no side of a consult; everyone else must stand on one. */
async function consultOf(tx: Tx, consultId: string): Promise<ConsultRow> {
  if (tx.actor.kind !== 'system') return (await consultFor(tx, consultId)).consult;
  const [consult] = await tx.rows.select().from(consults).where(eq(consults.id, consultId));
  if (!consult) throw fail('not_found');
  return consult;
}
