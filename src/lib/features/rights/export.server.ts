import { createHash } from 'node:crypto';
import { makeZip, predictLength } from 'client-zip';
import { once } from '#lib/kernel/bytes.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { FileStore } from '#lib/kernel/ports.ts';
import { eventText } from '#lib/features/audit/event.ts';
import { stepUpRefusal } from '#lib/features/identity/step-up.server.ts';
import { recordingBytes, recordingFile } from '#lib/features/consults/recording-file.server.ts';
import { imageKindName } from '#lib/features/imaging/labels.ts';
import type { ImageKind } from '#lib/features/imaging/image.ts';
import { codeName, gradeName } from '#lib/features/odontogram/labels.ts';
import type { FindingCode } from '#lib/features/odontogram/findings.ts';
import { procedureName } from '#lib/features/treatment/labels.ts';
import type { ProcedureCode } from '#lib/features/treatment/procedures.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { fhirBundle, type FhirWords } from './fhir.ts';
import { safeName } from './paths.ts';
import { rightsOf } from './policy.server.ts';
import { recordFormat, type AuditRow, type PatientRecord } from './record-format.ts';
import { gatherAudit, gatherRecord, ownPatientRow } from './record.server.ts';

/** An archive on its way out. `size` is exact, in bytes, known before the first byte. */
export interface RecordArchive {
  fileName: string;
  size: number;
  files: number;
  bytes: AsyncIterable<Uint8Array>;
}

interface ArchiveFile {
  path: string;
  size: number;
  /** Lower-case hex of the bytes. */
  sha256: string;
  open: () => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * [RT-2] One patient's whole record as a zip archive, for who has just shown who they are: record.json, fhir.json,
 * audit.jsonl, the original images, the signed documents and a manifest with the SHA-256 of each. That it left is in
 * the trail before the first byte does. Files are read one after the other, as fast as they are taken.
 * @param password null: confirmed in this session a moment ago
 * @throws AppError `forbidden`, `not_found`, `wrong_password`, `step_up_required`, `too_many_tries`
 */
export async function exportRecord(
  call: Call<'auth' | 'files' | 'fields', MemberActor>,
  { patientId, password }: { patientId: string; password: string | null }
): Promise<RecordArchive> {
  const { actor } = call;
  if (!rightsOf(actor, actor.organisationId).export) throw fail('forbidden');
  // Nobody tries passwords at a record that is not theirs.
  await inTransaction(call, (tx) => ownPatientRow(tx, patientId));
  const refused = await stepUpRefusal(call, password);
  if (refused) throw fail(refused);
  return inTransaction(call, async (tx) => {
    const record = await gatherRecord(tx, { patientId, actor, fields: call.fields });
    const audit = await gatherAudit(tx, patientId);
    const files = [
      ...texts(record, audit.events),
      ...stored(call.files, record),
      ...(await recorded(tx, call.files, record))
    ];
    files.push(manifest(record, files, audit.cut));
    const entries = files.map(({ path, size }) => ({ name: path, size, lastModified: tx.now }));
    const size = Number(predictLength(entries));
    await tx.audit({
      action: 'rights.export',
      subject: { type: 'patient', id: patientId },
      patientId,
      detail: { files: files.length, bytes: size }
    });
    const day = tx.now.toISOString().slice(0, 10);
    return {
      fileName: `${safeName(`record-${record.patient.number}-${day}`)}.zip`,
      size,
      files: files.length,
      bytes: pieces(makeZip(inTurn(files, tx.now)))
    };
  });
}

/** Ends what is open, and quietly, where the one who takes it leaves before the end. */
async function* pieces(zip: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = zip.getReader();
  const gone = new Error('the archive is no longer wanted');
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel(gone).catch((error: unknown) => {
      // The zip's own generator hands back what it was ended with; anything else is a fault.
      if (error !== gone) throw error;
    });
  }
}

/** Opens each file only when the one before it has gone out. */
async function* inTurn(files: readonly ArchiveFile[], lastModified: Date) {
  for (const { path, size, open } of files) yield { name: path, size, lastModified, input: await open() };
}

function texts(record: PatientRecord, events: readonly AuditRow[]): ArchiveFile[] {
  const lines = events.map((row) => eventText({ ...row, at: row.at.toISOString() }));
  return [
    text('record.json', JSON.stringify(record, null, 2)),
    text('fhir.json', JSON.stringify(fhirBundle(record, newId(), words), null, 2)),
    text('audit.jsonl', lines.map((line) => `${line}\n`).join(''))
  ];
}

function stored(store: FileStore, record: PatientRecord): ArchiveFile[] {
  const { id } = record.organisation;
  const file = (path: string, sha256: string, size: number): ArchiveFile => ({
    path,
    size,
    sha256,
    open: () => store.get(id, sha256)
  });
  return [
    ...record.images.map((image) => file(image.path, image.fileSha256, image.fileSize)),
    ...record.consults.flatMap(({ documents }) =>
      documents.map((document) => file(document.path, document.fileSha256, document.size))
    ),
    ...record.consults.flatMap(({ messages }) =>
      messages.flatMap(({ path, fileSha256, fileSize }) =>
        path && fileSha256 && fileSize ? [file(path, fileSha256, fileSize)] : []
      )
    )
  ];
}

/** As they are played, put together while they are taken. */
async function recorded(tx: Tx, store: FileStore, record: PatientRecord): Promise<ArchiveFile[]> {
  const found: ArchiveFile[] = [];
  for (const row of record.consults.flatMap(({ recordings }) => recordings)) {
    const { path, size, sha256 } = row;
    const file = await recordingFile(tx, row);
    if (path === null || size === null || sha256 === null || !file) continue;
    const open = async () => recordingBytes(store, file, { from: 0, to: size - 1 });
    found.push({ path, size, sha256, open });
  }
  return found;
}

function manifest(record: PatientRecord, files: readonly ArchiveFile[], auditCut: boolean): ArchiveFile {
  return text(
    'manifest.json',
    JSON.stringify(
      {
        format: recordFormat.name,
        version: recordFormat.version,
        exportedAt: record.exportedAt,
        fhirVersion: '4.0.1',
        // The newest are left out then; the whole trail is the owner's to export.
        auditCut,
        files: files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))
      },
      null,
      2
    )
  );
}

function text(path: string, content: string): ArchiveFile {
  const bytes = new TextEncoder().encode(content);
  return {
    path,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    open: async () => once(bytes)
  };
}

/** Read by programs all over: English. */
const locale = 'en';
const words: FhirWords = {
  finding: (code, grade) =>
    [codeName(code as FindingCode, locale), grade ? gradeName(code as FindingCode, grade, locale) : '']
      .filter(Boolean)
      .join(', '),
  procedure: (code) => procedureName(code as ProcedureCode, locale),
  image: (kind) => imageKindName(kind as ImageKind, locale)
};
