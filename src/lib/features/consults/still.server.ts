import { and, count, eq } from 'drizzle-orm';
import type { PatientLinkActor, SystemActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { open } from './grants.server.ts';
import { openConsult, seatIs, type ConsultRow } from './read.server.ts';
import { mayBeSeen } from './room-consents.server.ts';
import { identityOf } from './seat.ts';
import { consultGrantItems, consultSeats } from './tables.server.ts';

/** A frame of the finest camera as JPEG is a third of it. */
export const mostStillBytes = 12 * 1024 * 1024;
/** A board takes no more, and a link that leaked must not fill the store. */
const mostImages = 60;

/**
 * [CN-46] A picture that the patient's own camera took during the call: into their record, and open to this consult's
 * expert. Sending it is their yes; nobody else's page can do it for them.
 * @throws AppError `room_not_open`, `not_admitted`, `consent_missing`, `too_many_images`, and what an upload throws
 */
export async function sendStill(
  call: Call<'files' | 'images' | 'scanner' | 'settings', PatientLinkActor>,
  input: { source: AsyncIterable<Uint8Array>; declaredBytes: number | null }
): Promise<{ imageId: string }> {
  const { actor, settings } = call;
  // Before anything is read of the body, and once more when the picture is there: a visit may end meanwhile.
  await inTransaction(call, (tx) => openVisit(tx, actor));
  const taker: SystemActor = { kind: 'system', organisationId: actor.organisationId, reason: actor.name };
  const { image } = await uploadImage(
    {
      ...call,
      actor: taker,
      settings: { ...settings, maxUploadBytes: Math.min(settings.maxUploadBytes, mostStillBytes) }
    },
    { patientId: actor.patientId, fileName: 'still', ...input }
  );
  const consult = await inTransaction(call, async (tx) => {
    const visited = await openVisit(tx, actor);
    await tx.audit({
      action: 'visit.still',
      subject: { type: 'image', id: image.id },
      patientId: visited.patientId,
      consultId: visited.id
    });
    return visited;
  });
  await inTransaction({ ...call, actor: taker }, (tx) =>
    open(tx, consult, { items: [{ kind: 'image', itemId: image.id }], reason: null, again: false })
  );
  return { imageId: image.id };
}

async function openVisit(tx: Tx, actor: PatientLinkActor): Promise<ConsultRow> {
  const consult = await openConsult(tx, actor.consultId);
  await mayBeSeen(tx, actor);
  const [seat] = await tx.rows
    .select({ admittedById: consultSeats.admittedById, state: consultSeats.state })
    .from(consultSeats)
    .where(seatIs(consult.id, identityOf(actor)));
  if (!seat?.admittedById || seat.state === 'waiting') throw fail('not_admitted');
  const [shared] = await tx.rows
    .select({ images: count() })
    .from(consultGrantItems)
    .where(and(eq(consultGrantItems.consultId, consult.id), eq(consultGrantItems.kind, 'image')));
  if ((shared?.images ?? 0) >= mostImages) throw fail('too_many_images');
  return consult;
}
