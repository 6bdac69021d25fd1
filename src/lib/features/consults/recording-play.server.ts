import { timingSafeEqual } from 'node:crypto';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { mayPlayRecording } from './policy.server.ts';
import { consultFor, type ConsultRow } from './read.server.ts';
import { rangeOf, type ByteRange, type RecordingType } from './recording.ts';
import { recordingBytes, recordingFile } from './recording-file.server.ts';
import { auditRecording, recordingIs, type RecordingRow } from './recordings.server.ts';
import { consultRecordings } from './recording-tables.server.ts';

const purpose = 'recording play';
/** Longer than any recording, with pauses. */
const playHours = 12;

/**
 * [RC-8] Somebody begins to play a recording: in the trail before the first byte. The answer's token lets this person
 * read its bytes for some hours; what they may is asked with each of them.
 * @throws AppError `not_found`
 */
export async function playRecording(
  call: Call<'auth', MemberActor>,
  consultId: string,
  recordingId: string
): Promise<{ token: string }> {
  await inTransaction(call, async (tx) => {
    const { consult, row } = await playable(tx, consultId, recordingId);
    await auditRecording(tx, consult, row.id, 'recording.play');
  });
  const until = (call.clock.now().getTime() + playHours * 3_600_000).toString(36);
  return { token: `${until}.${mac(call, recordingId, until)}` };
}

/** What is sent of a recording. `range` null: all of it. `unsatisfiable`: none, the range lies behind the end. */
export interface RecordingAnswer {
  type: RecordingType;
  name: string;
  size: number;
  range: ByteRange | null | 'unsatisfiable';
  bytes: AsyncIterable<Uint8Array>;
}

/**
 * [RC-8] [RC-9] Bytes of a recording: with the token of a play, any range; without one, all of it to be taken away,
 * which is in the trail.
 * @throws AppError `not_found`, `token_invalid`
 */
export async function readRecording(
  call: Call<'auth' | 'files', MemberActor>,
  consultId: string,
  wanted: { recordingId: string; token: string | null; range: string | null }
): Promise<RecordingAnswer> {
  const { recordingId, token } = wanted;
  if (token !== null && !isValid(call, recordingId, token)) throw fail('token_invalid');
  return inTransaction(call, async (tx) => {
    const { consult, row } = await playable(tx, consultId, recordingId);
    const file = await recordingFile(tx, row);
    if (!file || row.size === null) throw fail('not_found');
    if (token === null) await auditRecording(tx, consult, row.id, 'recording.download');
    const { size, type } = row;
    const range = token === null ? null : rangeOf(wanted.range, size);
    const asked = range === null || range === 'unsatisfiable' ? { from: 0, to: size - 1 } : range;
    const day = row.startedAt.toISOString().slice(0, 10);
    const name = `${consult.number}-${day}.${type === 'video/webm' ? 'webm' : 'mp4'}`;
    return { type, name, size, range, bytes: recordingBytes(call.files, file, asked) };
  });
}

async function playable(
  tx: Tx,
  consultId: string,
  recordingId: string
): Promise<{ consult: ConsultRow; row: RecordingRow }> {
  const { consult } = await consultFor(tx, consultId);
  if (!mayPlayRecording(tx.actor, consult)) throw fail('not_found');
  const [row] = await tx.rows.select().from(consultRecordings).where(recordingIs(consultId, recordingId));
  if (row?.state !== 'ready') throw fail('not_found');
  return { consult, row };
}

type Signer = Pick<Services, 'auth' | 'clock'> & { actor: MemberActor };

function mac({ auth, actor }: Signer, recordingId: string, until: string): string {
  return auth.secrets.digest([recordingId, actor.userId, actor.memberId, until].join('.'), purpose);
}

function isValid(call: Signer, recordingId: string, token: string): boolean {
  const [until, given] = token.split('.');
  if (!until || !/^[0-9a-z]{6,10}$/.test(until) || !given || !/^[0-9a-f]{64}$/.test(given)) return false;
  const wanted = mac(call, recordingId, until);
  if (!timingSafeEqual(Buffer.from(given, 'hex'), Buffer.from(wanted, 'hex'))) return false;
  return parseInt(until, 36) > call.clock.now().getTime();
}
