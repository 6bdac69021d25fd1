import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm';
import type { MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { mayWithSomeImage } from '#lib/features/imaging/policy.server.ts';
import { images } from '#lib/features/imaging/tables.server.ts';
import type { BoardImage } from '#lib/features/board/initial.ts';
import type { KnownImage } from '#lib/features/board/image-register.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { lockForRequester } from './answer.server.ts';
import { boardImage, scaleOf } from './board.server.ts';
import { isOpen } from './consult.ts';
import { open } from './grants.server.ts';
import { consultGrantItems, consults, opinions } from './tables.server.ts';

/**
 * Open one more image of the same patient to this consult, to be laid on its board. Twice is once.
 * @throws AppError `not_found` (not this patient's), `room_not_open`, `forbidden`, `grant_not_open`
 */
export async function shareImage(
  call: Call<never, MemberActor>,
  consultId: string,
  imageId: string
): Promise<BoardImage> {
  return inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    if (!isOpen(consult)) throw fail('room_not_open');
    const [image] = await tx.rows
      .select()
      .from(images)
      .where(
        and(eq(images.id, imageId), eq(images.patientId, consult.patientId), isNull(images.withdrawnAt))
      );
    if (!image) throw fail('not_found');
    const items = [{ kind: 'image' as const, itemId: imageId }];
    await open(tx, consult, { items, reason: null, again: false });
    return boardImage(image);
  });
}

/**
 * The images ever opened to a consult's expert, the only ones its board may name, with what the record says of each.
 * One that was taken back may still be named, so that marks on it can be moved; its picture is given to nobody of the
 * expert's side.
 */
export async function sharedImages(
  call: Call<never, SystemActor>,
  consultId: string
): Promise<Map<string, KnownImage>> {
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select({ image: images })
      .from(consultGrantItems)
      .innerJoin(images, eq(images.id, consultGrantItems.itemId))
      .where(
        and(
          eq(consultGrantItems.consultId, consultId),
          eq(consultGrantItems.kind, 'image'),
          isNull(consultGrantItems.guestId)
        )
      );
    return new Map(rows.map(({ image }) => [image.id, { scale: scaleOf(image), frames: image.frames }]));
  });
}

/** A consult that shows an image, for who wants to take the image out of the record. */
export interface ImageUse {
  consultId: string;
  number: string;
  /** Its opinion is signed: it was given with this image in view. */
  signed: boolean;
}

/** Consults of the own organisation that opened this image, newest first. @throws AppError `forbidden` */
export async function imageUses(call: Call<never, MemberActor>, imageId: string): Promise<ImageUse[]> {
  if (!mayWithSomeImage(call.actor, 'withdraw')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const { organisationId } = call.actor;
    const [image] = await tx.rows
      .select({ patientId: images.patientId })
      .from(images)
      .where(and(eq(images.organisationId, organisationId), eq(images.id, imageId)));
    if (!image) throw fail('not_found');
    const own = eq(consultGrantItems.organisationId, organisationId);
    const rows = await tx.rows
      .selectDistinct({
        consultId: consults.id,
        number: consults.number,
        createdAt: consults.createdAt,
        signedAt: opinions.signedAt
      })
      .from(consultGrantItems)
      .innerJoin(consults, eq(consults.id, consultGrantItems.consultId))
      .leftJoin(opinions, and(eq(opinions.consultId, consults.id), isNotNull(opinions.signedAt)))
      .where(and(own, eq(consultGrantItems.kind, 'image'), eq(consultGrantItems.itemId, imageId)))
      .orderBy(desc(consults.createdAt));
    await tx.audit({
      action: 'image.uses',
      subject: { type: 'image', id: imageId },
      patientId: image.patientId
    });
    return rows.map(({ consultId, number, signedAt }) => ({ consultId, number, signed: signedAt !== null }));
  });
}
