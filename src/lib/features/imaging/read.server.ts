import { Readable } from 'node:stream';
import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { imageRights, mayWithSomeImage, type ImageRights } from './policy.server.ts';
import { scrubbed } from './photo-scrub.ts';
import type { CalibrateInput } from './schema.ts';
import { images } from './tables.server.ts';
import { framesHeader } from './frame-format.ts';
import { frameMediaType } from './upload.server.ts';
import type { ImageView } from './view.ts';
import { imageView } from './view.server.ts';

/** Bytes to send, and what to say about them. */
export interface FileAnswer {
  stream: AsyncIterable<Uint8Array>;
  headers: Record<string, string>;
}

/**
 * A patient's pictures, newest first: all of them at home, for a remote expert or a visiting patient those
 * granted. Those withdrawn are a list of their own. @throws AppError `forbidden`
 */
export async function listImages(
  call: Call,
  patientId: string,
  { withdrawn = false } = {}
): Promise<ImageView[]> {
  if (!mayWithSomeImage(call.actor, 'read')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select()
      .from(images)
      .where(
        and(
          eq(images.patientId, patientId),
          withdrawn ? isNotNull(images.withdrawnAt) : isNull(images.withdrawnAt)
        )
      )
      .orderBy(sql`${images.takenAt} desc nulls last`, desc(images.uploadedAt));
    const readable = rows.filter((row) => imageRights(tx.actor, row.organisationId).read);
    await tx.audit({
      action: 'image.list',
      subject: { type: 'patient', id: patientId },
      patientId,
      organisationId: readable[0]?.organisationId ?? tx.actor.organisationId,
      detail: { count: readable.length }
    });
    return readable.map(imageView);
  });
}

/** One picture's facts. @throws AppError `not_found` */
export async function readImage(call: Call, imageId: string): Promise<ImageView> {
  return inTransaction(call, async (tx) =>
    imageView(await openImage(tx, imageId, { right: 'read', part: 'facts' }))
  );
}

/**
 * What the viewer draws: frame-format.ts, gzip-compressed. The first frame was made when the file came in, each other
 * is made from the file when somebody looks at it. @param frame from 1
 * @throws AppError `not_found`, `dicom_frame_out_of_reach`, `image_reader_busy`, `image_not_read`
 */
export async function readFrame(
  call: Call<'files' | 'images'>,
  imageId: string,
  frame = 1
): Promise<FileAnswer> {
  const row = await inTransaction(call, (tx) =>
    openImage(tx, imageId, { right: 'read', part: 'frame', frame })
  );
  const headers = {
    'content-type': frameMediaType,
    'content-encoding': 'gzip',
    [framesHeader]: String(row.frames)
  };
  const { organisationId, frameSha256, fileSha256, fileSize: totalBytes, window } = row;
  if (frame === 1) return { stream: await call.files.get(organisationId, frameSha256), headers };
  const file = whenAsked(() => call.files.get(organisationId, fileSha256));
  const read = await call.images.read(file, { totalBytes, frame, window });
  return { stream: Readable.from([read.frame]), headers };
}

/** A file that is opened by who reads it: not by who is sent away before. */
async function* whenAsked(open: () => Promise<AsyncIterable<Uint8Array>>): AsyncGenerator<Uint8Array> {
  yield* await open();
}

/** A small picture for lists. @throws AppError `not_found` */
export async function readThumbnail(call: Call<'files'>, imageId: string): Promise<FileAnswer> {
  const row = await inTransaction(call, (tx) => openImage(tx, imageId, { right: 'read', part: 'thumbnail' }));
  return {
    stream: await call.files.get(row.organisationId, row.thumbnailSha256),
    headers: { 'content-type': 'image/webp' }
  };
}

/** The file as it came, to take away. At home only: it names the patient. @throws AppError `not_found`, `forbidden` */
export async function readOriginal(call: Call<'files'>, imageId: string): Promise<FileAnswer> {
  const row = await inTransaction(call, (tx) =>
    openImage(tx, imageId, { right: 'download', part: 'original' })
  );
  return originalAnswer(call, row);
}

/** The original of a picture to which access was checked: an attachment, a photo without its camera's tags. */
export async function originalAnswer(
  { files }: Pick<Services, 'files'>,
  row: typeof images.$inferSelect
): Promise<FileAnswer> {
  const ending =
    row.mediaType === 'application/dicom' ? 'dcm' : row.mediaType === 'image/png' ? 'png' : 'jpg';
  const day = row.takenAt?.slice(0, 10) ?? row.uploadedAt.toISOString().slice(0, 10);
  const stored = await files.get(row.organisationId, row.fileSha256);
  const photo = row.mediaType === 'image/jpeg' ? 'jpeg' : row.mediaType === 'image/png' ? 'png' : null;
  return {
    stream: photo ? scrubbed(photo, stored) : stored,
    headers: {
      'content-type': 'application/octet-stream',
      ...(photo ? {} : { 'content-length': String(row.fileSize) }),
      'content-disposition': `attachment; filename="${row.kind}-${day}-${row.id.slice(-6)}.${ending}"`
    }
  };
}

/** Set the scale of a picture for everybody who sees it. @throws AppError `not_found`, `forbidden` */
export async function calibrateImage(call: Call, input: CalibrateInput): Promise<ImageView> {
  return inTransaction(call, async (tx) => {
    const row = await openImage(tx, input.imageId, { right: 'calibrate', part: 'scale' });
    const calibration = {
      mmPerPixel: input.mmPerPixel,
      source: 'user' as const,
      by: tx.actor.kind === 'system' ? tx.actor.reason : tx.actor.name,
      at: tx.now.toISOString(),
      knownObject: input.knownObject
    };
    const [changed] = await tx.rows
      .update(images)
      .set({ calibration })
      .where(eq(images.id, row.id))
      .returning();
    if (!changed) throw fail('not_found');
    await tx.audit({
      action: 'image.calibrate',
      subject: { type: 'image', id: row.id },
      patientId: row.patientId,
      detail: { mmPerPixel: input.mmPerPixel, before: row.calibration?.mmPerPixel ?? null }
    });
    return imageView(changed);
  });
}

/**
 * A picture's row where this actor may do this with it; the look is audited. `frame`: which of its frames, from 1.
 * @throws AppError `not_found`, `forbidden`
 */
export async function openImage(
  tx: Tx,
  imageId: string,
  need: { right: keyof ImageRights; part: string; frame?: number }
) {
  const [row] = await tx.rows.select().from(images).where(eq(images.id, imageId));
  if (!row) throw fail('not_found');
  const rights = imageRights(tx.actor, row.organisationId);
  if (!rights.read) throw fail('not_found');
  if (!rights[need.right]) throw fail('forbidden');
  const { part, frame = 1 } = need;
  if (frame > row.frames) throw fail('not_found');
  await tx.audit({
    action: 'image.read',
    subject: { type: 'image', id: row.id },
    patientId: row.patientId,
    organisationId: row.organisationId,
    detail: { part, ...(frame > 1 ? { frame } : {}) }
  });
  return row;
}
