import { and, eq, inArray } from 'drizzle-orm';
import type { PatientLinkActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { auditConsult } from './audit.server.ts';
import { cameraAnswerTopic, type CameraAnswer, type CameraTold } from './camera-answer.ts';
import { seatFor } from './room.server.ts';
import type { CameraAnswerInput } from './schema.ts';
import { identityOf } from './seat.ts';
import { consultSeats } from './tables.server.ts';

const actions: Record<CameraAnswer, string> = {
  yes: 'camera.allow',
  no: 'camera.refuse',
  'taken-back': 'camera.take-back',
  cannot: 'camera.cannot'
};

/**
 * [CALL-51] Who asked to set the patient's camera hears what the patient answered, and what that camera cannot; both
 * are in the call. That they asked went from page to page: it is the answer that stands in the trail.
 * @throws AppError `not_found` (one of the two is not in the call), `sfu_unavailable`, and what sitting in it throws
 */
export async function answerCamera(
  call: Call<'media', PatientLinkActor>,
  { to, answer, cannot }: CameraAnswerInput
): Promise<void> {
  const { actor } = call;
  const { consultId } = actor;
  const identity = identityOf(actor);
  await inTransaction(call, async (tx) => {
    const { consult } = await seatFor(tx, actor, consultId);
    const there = await tx.rows
      .select({ identity: consultSeats.identity })
      .from(consultSeats)
      .where(
        and(
          eq(consultSeats.consultId, consultId),
          eq(consultSeats.state, 'in-room'),
          inArray(consultSeats.identity, [identity, to])
        )
      );
    if (there.length < 2) throw fail('not_found');
    await auditConsult(tx, consult, actions[answer], {
      identity: to,
      ...(answer === 'cannot' ? { cannot } : {})
    });
  });
  await call.media.tell(consultId, cameraAnswerTopic, { identity, answer, cannot } satisfies CameraTold, [
    to
  ]);
}
