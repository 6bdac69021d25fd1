import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { once } from '#lib/kernel/bytes.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { FileStore, OpinionDocument, PdfRenderer } from '#lib/kernel/ports.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { closeBoardDocument } from '#lib/features/board/store.server.ts';
import { images } from '#lib/features/imaging/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { transition } from './consult.ts';
import { lockForRequester, news, stateOf } from './answer.server.ts';
import { mayDecide } from './policy.server.ts';
import { consultFor, others, type ConsultRow } from './read.server.ts';
import { opinionDocument } from './opinion-document.server.ts';
import {
  consultDocuments,
  consultGrantItems,
  consults,
  consultSeats,
  opinions,
  proposals
} from './tables.server.ts';

const maxPngBytes = 24 * 1024 * 1024;
const pdfLocales = ['zh-CN', 'en'] as const;

/**
 * Close a consult: the board turns read-only, the grant ends, the call ends, and the signed opinion is kept as a
 * PDF in both languages with the board's last picture. The files are stored before the state changes, so a
 * closed consult always has them.
 *
 * @param boardPng the board's last picture as the closing browser drew it, or null where none had it open
 * @throws AppError `consult_wrong_state`, `forbidden`, `file_not_an_image`
 */
export async function closeConsult(
  call: Call<'files' | 'pdf' | 'media' | 'log', MemberActor>,
  consultId: string,
  boardPng: Uint8Array | null
): Promise<void> {
  if (boardPng && (boardPng.length > maxPngBytes || !isPng(boardPng))) throw fail('file_not_an_image');
  const collected = await inTransaction(call, (tx) => collect(tx, consultId));
  const stored = await storeDocuments(call, collected, boardPng);
  await inTransaction(call, async (tx) => {
    const consult = await lockForRequester(tx, consultId);
    const state = transition(stateOf(consult), { kind: 'close' });
    for (const document of stored)
      await tx.rows
        .insert(consultDocuments)
        .values({ organisationId: consult.organisationId, consultId, ...document })
        .onConflictDoNothing();
    await closeBoardDocument(tx.rows, consultId, tx.now);
    await tx.rows
      .update(consultSeats)
      .set({ state: 'left', changedAt: tx.now })
      .where(eq(consultSeats.consultId, consultId));
    await news(tx, consult, 'consult.closed', others(call.actor, consult.expertId));
    await tx.rows
      .update(consults)
      .set({ status: state.status, closedAt: tx.now, closedById: call.actor.userId })
      .where(eq(consults.id, consultId));
  });
  // The record is closed already; a call that lingers a moment is ended by its tokens and the reconciler.
  await call.media.closeRoom(consultId).catch((error: unknown) => {
    call.log.warn(
      { consultId, name: error instanceof Error ? error.name : 'unknown' },
      'room could not be closed'
    );
  });
}

/** One of a consult's documents, as far as the viewer may read it. */
export async function readDocument(
  call: Call<'files', MemberActor>,
  consultId: string,
  wanted: { kind: 'opinion-pdf' | 'board-png'; locale: string }
): Promise<{ bytes: AsyncIterable<Uint8Array>; size: number; number: string }> {
  const found = await inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    const [document] = await tx.rows
      .select()
      .from(consultDocuments)
      .where(
        and(
          eq(consultDocuments.consultId, consultId),
          eq(consultDocuments.kind, wanted.kind),
          eq(consultDocuments.locale, wanted.locale)
        )
      );
    if (!document) throw fail('not_found');
    await tx.audit({
      action: 'document.read',
      subject: { type: 'consult-document', id: document.id },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId
    });
    return { ...document, number: consult.number };
  });
  return {
    bytes: await call.files.get(found.organisationId, found.fileSha256),
    size: found.size,
    number: found.number
  };
}

interface Collected {
  consult: ConsultRow;
  documents: OpinionDocument[];
}

async function collect(tx: Tx, consultId: string): Promise<Collected> {
  const { consult } = await consultFor(tx, consultId);
  if (!mayDecide(tx.actor, consult)) throw fail('forbidden');
  transition(stateOf(consult), { kind: 'close' });
  const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, consult.patientId));
  const [organisation] = await tx.rows
    .select()
    .from(organisations)
    .where(eq(organisations.id, consult.organisationId));
  const [opinion] = await tx.rows
    .select()
    .from(opinions)
    .where(and(eq(opinions.consultId, consultId), isNotNull(opinions.signedAt)));
  if (!opinion || !patient || !organisation) return { consult, documents: [] };
  const made = await tx.rows.select().from(proposals).where(eq(proposals.consultId, consultId));
  const shared = await tx.rows
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
  const facts = {
    consult,
    patient,
    organisation,
    opinion,
    proposals: made,
    images: shared.map((row) => row.image)
  };
  return { consult, documents: pdfLocales.map((locale) => opinionDocument(facts, locale)) };
}

async function storeDocuments(
  { files, pdf }: { files: FileStore; pdf: PdfRenderer },
  { consult, documents }: Collected,
  boardPng: Uint8Array | null
) {
  const keep = async (bytes: Uint8Array) => {
    const { sha256, size } = await files.put(consult.organisationId, once(bytes), {
      maxBytes: 64 * 1024 * 1024
    });
    return { fileSha256: sha256, size };
  };
  const stored: { kind: 'opinion-pdf' | 'board-png'; locale: string; fileSha256: string; size: number }[] =
    [];
  if (boardPng) stored.push({ kind: 'board-png', locale: '', ...(await keep(boardPng)) });
  for (const document of documents)
    stored.push({
      kind: 'opinion-pdf',
      locale: document.locale,
      ...(await keep(await pdf.opinion({ ...document, boardPng })))
    });
  return stored;
}

function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
}
