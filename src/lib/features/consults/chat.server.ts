import { and, eq, inArray, isNotNull } from 'drizzle-orm';
import { actorId, type MemberActor, type PatientLinkActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { images } from '#lib/features/imaging/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { treatmentPlans } from '#lib/features/treatment/tables.server.ts';
import { chatIntake } from './chat-intake.ts';
import {
  chatFileName,
  maxChatFileBytes,
  type ChatAudience,
  type ChatFileType,
  type ChatLink,
  type ChatMessageView
} from './chat.ts';
import { messageView, readMessages } from './messages.server.ts';
import { mayChat } from './policy.server.ts';
import { consultChanged, consultFor, seatIs, type ConsultRow } from './read.server.ts';
import type { MessageInput } from './schema.ts';
import { identityOf } from './seat.ts';
import { consultMessages, consultSeats } from './tables.server.ts';

type Writer = MemberActor | PatientLinkActor;

/**
 * [CN-40] A line of the consult's chat, kept with it. What it points at must be of this patient and within the writer's
 * own sight; the patient's page is pointed at teeth only.
 * @throws AppError `consult_closed`, `forbidden`, `not_found`
 */
export async function sayInConsult(
  call: Call<never, MemberActor>,
  consultId: string,
  { text, audience = 'team', links = [] }: Pick<MessageInput, 'text'> & Partial<MessageInput>
): Promise<{ id: string }> {
  return inTransaction(call, async (tx) => {
    const consult = await writable(tx, consultId, audience);
    await checkLinks(tx, consult, audience, links);
    return { id: await said(tx, consult, { kind: 'chat', text, audience, links }) };
  });
}

/** [CN-40] The patient's side writes; both sides of the staff read it. @throws AppError `consult_closed`, `not_admitted` */
export async function sayOnVisit(call: Call<never, PatientLinkActor>, text: string): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await writable(tx, call.actor.consultId, 'all');
    if (!(await wasLetIn(tx, call.actor))) throw fail('not_admitted');
    await said(tx, consult, { kind: 'chat', text, audience: 'all', links: [] });
  });
}

/**
 * [CN-41] A file sent along. It goes by what it holds, through the scanner, and pictures through the reader that opens
 * all uploads; nothing of it stays where it is refused.
 * @throws AppError `consult_closed`, `chat_file_kind`, `file_too_large`, `file_empty`, `file_disguised`, `file_infected`,
 *   `scanner_unavailable`, `image_not_read`, `image_reader_busy`, `storage_full`, `upload_broken`
 */
export async function sendFile(
  call: Call<'files' | 'images' | 'scanner' | 'settings', MemberActor>,
  consultId: string,
  input: {
    name: string;
    audience: ChatAudience;
    source: AsyncIterable<Uint8Array>;
    declaredBytes: number | null;
  }
): Promise<{ id: string }> {
  const maxBytes = Math.min(maxChatFileBytes, call.settings.maxUploadBytes);
  const consult = await inTransaction(call, (tx) => writable(tx, consultId, input.audience));
  if ((input.declaredBytes ?? 0) > maxBytes)
    throw fail('file_too_large', { limitMegabytes: Math.floor(maxBytes / 1048576) });
  const { type, bytes } = await chatIntake(input.source);
  let scan: 'clean' | 'not-scanned' | null = null;
  const stored = await call.files.put(consult.organisationId, bytes, {
    maxBytes,
    accept: async ({ size }, open) => {
      scan = await scanned(call, consult, open());
      if (type !== 'application/pdf') await call.images.read(open(), { totalBytes: size });
    }
  });
  return inTransaction(call, async (tx) => {
    const now = await writable(tx, consultId, input.audience);
    const file = {
      sha256: stored.sha256,
      size: stored.size,
      type,
      name: chatFileName(input.name, type),
      scan
    };
    return {
      id: await said(tx, now, { kind: 'chat', text: '', audience: input.audience, links: [], file })
    };
  });
}

/** A file of the chat, for whoever reads its message. @throws AppError `not_found` */
export async function readChatFile(
  call: Call<'files', Writer>,
  consultId: string,
  messageId: string
): Promise<{ bytes: AsyncIterable<Uint8Array>; name: string; size: number; type: ChatFileType }> {
  const found = await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    if (call.actor.kind === 'patient-link' && !(await wasLetIn(tx, call.actor))) throw fail('not_found');
    const [row] = await tx.rows
      .select()
      .from(consultMessages)
      .where(
        and(
          eq(consultMessages.id, messageId),
          eq(consultMessages.consultId, consultId),
          isNotNull(consultMessages.fileSha256)
        )
      );
    const file = row && messageView(row, call.actor).file;
    if (!row?.fileSha256 || !file) throw fail('not_found');
    await tx.audit({
      action: 'chat.file-read',
      subject: { type: 'consult-message', id: messageId },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId
    });
    return { ...file, organisationId: consult.organisationId, sha256: row.fileSha256 };
  });
  const { name, size, type } = found;
  return { bytes: await call.files.get(found.organisationId, found.sha256), name, size, type };
}

/** [CN-40] What the patient's page shows of the chat: nothing before they were let in. */
export async function chatOnVisit(tx: Tx, actor: PatientLinkActor): Promise<ChatMessageView[]> {
  if (!(await wasLetIn(tx, actor))) return [];
  return (await readMessages(tx, actor.consultId)).map((row) => messageView(row, actor));
}

interface NewMessage {
  kind: ChatMessageView['kind'];
  text: string;
  audience?: ChatAudience;
  links?: readonly ChatLink[];
  file?: {
    sha256: string;
    name: string;
    size: number;
    type: ChatFileType;
    scan: 'clean' | 'not-scanned' | null;
  };
}

/** The row alone; who calls it audits and tells. @returns its id */
export async function addMessage(tx: Tx, consult: ConsultRow, message: NewMessage): Promise<string> {
  const { actor } = tx;
  if (actor.kind === 'system') throw fail('forbidden');
  const { kind, text, audience = 'team', links = [], file } = message;
  const id = newId(tx.now.getTime());
  await tx.rows.insert(consultMessages).values({
    ...{ id, organisationId: consult.organisationId, consultId: consult.id },
    ...{ kind, text, audience, links: [...links] },
    authorKind: actor.kind === 'member' ? 'member' : 'visitor',
    authorId: actorId(actor),
    authorName: actor.name,
    authorOrganisationId: actor.organisationId,
    ...(file
      ? {
          ...{ fileSha256: file.sha256, fileName: file.name, fileSize: file.size },
          ...{ fileType: file.type, fileScan: file.scan }
        }
      : {}),
    at: tx.now
  });
  return id;
}

async function said(tx: Tx, consult: ConsultRow, message: NewMessage): Promise<string> {
  const id = await addMessage(tx, consult, message);
  const { audience = 'team', file, links = [] } = message;
  await tx.audit({
    action: 'consult.say',
    subject: { type: 'consult-message', id },
    patientId: consult.patientId,
    consultId: consult.id,
    organisationId: consult.organisationId,
    detail: { audience, links: links.length, ...(file ? { file: file.type, bytes: file.size } : {}) }
  });
  // [CN-12] By its name, news goes to the patient's page or not: that staff write to each other does not.
  await consultChanged(tx, consult.id, audience === 'all' ? 'patient.chat' : 'consult.said');
  return id;
}

async function writable(tx: Tx, consultId: string, audience: ChatAudience): Promise<ConsultRow> {
  const { consult } = await consultFor(tx, consultId);
  if (!mayChat(tx.actor, consult, audience)) throw fail('consult_closed');
  return consult;
}

async function checkLinks(
  tx: Tx,
  { patientId }: ConsultRow,
  audience: ChatAudience,
  links: readonly ChatLink[]
): Promise<void> {
  if (audience === 'all' && links.some(({ kind }) => kind !== 'tooth')) throw fail('forbidden');
  const imageIds = new Set(links.flatMap((link) => (link.kind === 'image' ? [link.imageId] : [])));
  const planIds = new Set(links.flatMap((link) => (link.kind === 'plan' ? [link.planId] : [])));
  const seenImages = imageIds.size
    ? await tx.rows
        .select({ id: images.id })
        .from(images)
        .where(and(inArray(images.id, [...imageIds]), eq(images.patientId, patientId)))
    : [];
  const seenPlans = planIds.size
    ? await tx.rows
        .select({ id: treatmentPlans.id })
        .from(treatmentPlans)
        .where(and(inArray(treatmentPlans.id, [...planIds]), eq(treatmentPlans.patientId, patientId)))
    : [];
  if (seenImages.length !== imageIds.size || seenPlans.length !== planIds.size) throw fail('not_found');
}

/** Somebody of the staff let them in; that they left since changes nothing. */
async function wasLetIn(tx: Tx, actor: PatientLinkActor): Promise<boolean> {
  const [seat] = await tx.rows
    .select({ id: consultSeats.id })
    .from(consultSeats)
    .where(and(seatIs(actor.consultId, identityOf(actor)), isNotNull(consultSeats.admittedById)));
  return seat !== undefined;
}

/** What the scanner says; a find is audited: it is nothing to be lost with the refused file. */
async function scanned(
  call: Call<'scanner', MemberActor>,
  consult: ConsultRow,
  source: AsyncIterable<Uint8Array>
): Promise<'clean' | 'not-scanned' | null> {
  const result = await call.scanner.scan(source);
  if (result.outcome === 'clean') return 'clean';
  if (result.outcome === 'not-scanned') return result.reason === 'gone' ? 'not-scanned' : null;
  const { signature } = result;
  await inTransaction(call, (tx) =>
    tx.audit({
      action: 'chat.file-refuse',
      outcome: 'denied',
      subject: { type: 'consult', id: consult.id },
      patientId: consult.patientId,
      consultId: consult.id,
      organisationId: consult.organisationId,
      detail: { reason: 'infected', signature }
    })
  );
  throw fail('file_infected', { signature });
}
