import { and, eq } from 'drizzle-orm';
import { once } from '#lib/kernel/bytes.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { FileStore, ReadImage } from '#lib/kernel/ports.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { actorId } from '#lib/kernel/actor.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { compareIdentity, type KnownPatient } from './identity.ts';
import { readFacts, type ImageFacts } from './facts.ts';
import { intake } from './intake.ts';
import { mayWithSomeImage } from './policy.server.ts';
import { images, storedFiles } from './tables.server.ts';
import type { ImageView } from './view.ts';
import { imageView } from './view.server.ts';

export interface UploadInput {
  patientId: string;
  /** As people named it; not stored. */
  fileName: string;
  source: AsyncIterable<Uint8Array>;
  /** Size that the sender announced: a file that cannot fit is refused before it is sent. */
  declaredBytes?: number | null;
  /** The person has looked and says that it is this patient, whatever the file says. */
  confirmOtherPatient?: boolean;
}

export interface Uploaded {
  image: ImageView;
  /** True where the patient had this very file already; nothing was stored. */
  already: boolean;
}

/**
 * Take in one file for one patient: let in by what it is (intake.ts), streamed to the store under a limit, read in
 * a process of its own, compared with the patient, listed. Nothing of it stays where it is refused. The same
 * content twice is one image.
 * @throws AppError `forbidden`, `not_found`, `file_too_large`, `file_empty`, `file_not_an_image`, `file_disguised`,
 *   `file_infected`, `scanner_unavailable`, `dicom_truncated`, `dicom_no_pixels`, `dicom_unsupported`, `dicom_other_patient`, `image_not_read`,
 *   `image_reader_busy`, `upload_broken`, `storage_full`
 */
export async function uploadImage(
  call: Call<'files' | 'images' | 'scanner' | 'settings'>,
  input: UploadInput
): Promise<Uploaded> {
  if (!mayWithSomeImage(call.actor, 'upload')) throw fail('forbidden');
  const { actor, files, settings } = call;
  const maxBytes = settings.maxUploadBytes;
  if ((input.declaredBytes ?? 0) > maxBytes)
    throw fail('file_too_large', { limitMegabytes: Math.floor(maxBytes / 1048576) });
  const patient = await inTransaction(call, (tx) => readPatient(tx, input.patientId));

  const judged: { facts?: ImageFacts; check?: IdentityCheck; parts?: ReadImage; scan?: Scan } = {};
  const file = await files.put(actor.organisationId, intake(input.source), {
    maxBytes,
    accept: async ({ size }, open) => {
      judged.scan = await scanned(call, input.patientId, open());
      judged.parts = await call.images.read(open(), { totalBytes: size });
      judged.facts = readFacts(judged.parts.facts);
      judged.check = checkIdentity(judged.facts, patient, input.confirmOtherPatient ?? false);
    }
  });
  const { facts, check, parts, scan = null } = judged;
  if (!facts || !check || !parts) throw fail('internal');
  const frame = await putBytes(files, actor.organisationId, parts.frame);
  const thumbnail = await putBytes(files, actor.organisationId, parts.thumbnail);
  return inTransaction(call, (tx) =>
    insertImage(tx, { patientId: input.patientId, facts, check, scan, file, frame, thumbnail })
  );
}

type Scan = (typeof images.$inferSelect)['scan'];

/** What the scanner says; a find is audited, for it is nothing to be lost with the refused file. */
async function scanned(
  call: Call<'scanner'>,
  patientId: string,
  source: AsyncIterable<Uint8Array>
): Promise<Scan> {
  const result = await call.scanner.scan(source);
  switch (result.outcome) {
    case 'clean':
      return 'clean';
    case 'not-scanned':
      return result.reason === 'gone' ? 'not-scanned' : null;
    case 'infected': {
      const { signature } = result;
      await inTransaction(call, (tx) =>
        tx.audit({
          action: 'image.refuse',
          outcome: 'denied',
          subject: { type: 'patient', id: patientId },
          patientId,
          detail: { reason: 'infected', signature }
        })
      );
      throw fail('file_infected', { signature });
    }
  }
}

type IdentityCheck = 'same' | 'none' | 'confirmed';
interface StoredPart {
  sha256: string;
  size: number;
}

async function readPatient(tx: Tx, patientId: string): Promise<KnownPatient> {
  const [patient] = await tx.rows
    .select({ number: patients.number, name: patients.name, birthDate: patients.birthDate })
    .from(patients)
    .where(and(eq(patients.id, patientId), eq(patients.organisationId, tx.actor.organisationId)));
  if (!patient) throw fail('not_found');
  return patient;
}

function checkIdentity({ identity }: ImageFacts, patient: KnownPatient, confirmed: boolean): IdentityCheck {
  const found = compareIdentity(identity, patient);
  if (found !== 'different') return found;
  if (!confirmed) throw fail('dicom_other_patient');
  return 'confirmed';
}

async function putBytes(files: FileStore, organisationId: string, bytes: Buffer): Promise<StoredPart> {
  return files.put(organisationId, once(bytes), { maxBytes: bytes.length });
}

interface NewImage {
  patientId: string;
  facts: ImageFacts;
  check: IdentityCheck;
  scan: Scan;
  file: StoredPart;
  frame: StoredPart;
  thumbnail: StoredPart;
}

async function insertImage(
  tx: Tx,
  { patientId, facts, check, scan, file, frame, thumbnail }: NewImage
): Promise<Uploaded> {
  const { actor, now } = tx;
  const { info, window, mediaType } = facts;
  const { organisationId } = actor;
  const inventory = [
    { organisationId, ...file, mediaType, contentEncoding: null },
    { organisationId, ...frame, mediaType: frameMediaType, contentEncoding: 'gzip' as const },
    { organisationId, ...thumbnail, mediaType: 'image/webp', contentEncoding: null }
  ];
  await tx.rows.insert(storedFiles).values(inventory).onConflictDoNothing();
  const { kind, modality, rows, columns, bitsStored, frames, pixelSpacing, laterality, teeth, takenAt } =
    info;
  const [made] = await tx.rows
    .insert(images)
    .values({
      organisationId,
      patientId,
      ...{
        kind,
        modality,
        rows,
        columns,
        bitsStored,
        frames,
        pixelSpacing,
        window,
        laterality,
        teeth,
        takenAt
      },
      sopInstanceUid: info.sopInstanceUid,
      seriesUid: info.seriesUid,
      studyUid: info.studyUid,
      fileSha256: file.sha256,
      fileSize: file.size,
      mediaType,
      frameSha256: frame.sha256,
      thumbnailSha256: thumbnail.sha256,
      identityCheck: check,
      scan,
      uploadedById: actor.kind === 'member' ? actor.userId : null,
      uploadedByName: actor.kind === 'system' ? actor.reason : actor.name,
      uploadedAt: now
    })
    .onConflictDoNothing({ target: [images.organisationId, images.patientId, images.fileSha256] })
    .returning();
  const known = made ?? (await existing(tx, patientId, file.sha256));
  const row = known.withdrawnAt ? await bringBack(tx, known.id) : known;
  await tx.audit({
    action: made ? 'image.upload' : 'image.upload-again',
    subject: { type: 'image', id: row.id },
    patientId,
    detail: {
      kind,
      identity: check,
      ...(scan ? { scan } : {}),
      bytes: file.size,
      by: actorId(actor),
      ...(row === known ? {} : { restored: 1 })
    }
  });
  return { image: imageView(row), already: !made };
}

/** A file that was withdrawn and is put in again is wanted again. */
async function bringBack(tx: Tx, imageId: string) {
  const [row] = await tx.rows
    .update(images)
    .set({ withdrawnAt: null, withdrawnBy: null, withdrawnReason: null })
    .where(eq(images.id, imageId))
    .returning();
  if (!row) throw fail('conflict');
  return row;
}

export const frameMediaType = 'application/x-consilium-frame';

async function existing(tx: Tx, patientId: string, fileSha256: string) {
  const [row] = await tx.rows
    .select()
    .from(images)
    .where(and(eq(images.patientId, patientId), eq(images.fileSha256, fileSha256)));
  if (!row) throw fail('conflict');
  return row;
}
