import { eq } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { openImage } from './read.server.ts';
import type { WithdrawImageInput } from './schema.ts';
import { images } from './tables.server.ts';
import type { ImageView } from './view.ts';
import { imageView } from './view.server.ts';

/**
 * Take a picture out of the record's view, with who, when and why; nothing is destroyed. Boards and opinions that
 * show it keep it. Withdrawn already: the first word stays.
 * @throws AppError `not_found`, `forbidden`
 */
export function withdrawImage(call: Call, { imageId, reason }: WithdrawImageInput): Promise<ImageView> {
  return change(call, imageId, reason);
}

/** Bring a withdrawn picture back. @throws AppError `not_found`, `forbidden` */
export function restoreImage(call: Call, imageId: string): Promise<ImageView> {
  return change(call, imageId, null);
}

async function change(call: Call, imageId: string, reason: string | null): Promise<ImageView> {
  return inTransaction(call, async (tx) => {
    const row = await openImage(tx, imageId, { right: 'withdraw', part: 'facts' });
    if ((row.withdrawnAt === null) === (reason === null)) return imageView(row);
    const by = tx.actor.kind === 'system' ? tx.actor.reason : tx.actor.name;
    const [changed] = await tx.rows
      .update(images)
      .set(
        reason === null
          ? { withdrawnAt: null, withdrawnBy: null, withdrawnReason: null }
          : { withdrawnAt: tx.now, withdrawnBy: by, withdrawnReason: reason }
      )
      .where(eq(images.id, row.id))
      .returning();
    if (!changed) throw fail('not_found');
    await tx.audit({
      action: reason === null ? 'image.restore' : 'image.withdraw',
      subject: { type: 'image', id: row.id },
      patientId: row.patientId,
      detail: { reason: reason ?? row.withdrawnReason ?? '' }
    });
    return imageView(changed);
  });
}
