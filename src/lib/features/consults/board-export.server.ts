import { eq } from 'drizzle-orm';
import { boardDocuments } from '#lib/features/board/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { BoardDocument } from '#lib/kernel/ports.ts';
import { sexName } from './opinion-document.server.ts';
import { mayExportBoard } from './policy.server.ts';
import { consultFor } from './read.server.ts';
import type { BoardExport } from './schema.ts';
import type { BoardExportHead } from './views.ts';

/**
 * [CN-28] Something of a board leaves the app: in the trail before it is made, with what and of which images.
 * @returns whose it is, as the record says, to stand on every page of it
 * @throws AppError `not_found`
 */
export async function exportBoard(
  call: Call<never, MemberActor>,
  consultId: string,
  what: BoardExport
): Promise<BoardExportHead> {
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, consultId);
    if (!mayExportBoard(tx.actor, consult)) throw fail('not_found');
    const [board] = await tx.rows
      .select({ id: boardDocuments.id })
      .from(boardDocuments)
      .where(eq(boardDocuments.consultId, consultId));
    const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, consult.patientId));
    const [organisation] = await tx.rows
      .select()
      .from(organisations)
      .where(eq(organisations.id, consult.organisationId));
    if (!board || !patient) throw fail('not_found');
    await tx.audit({
      action: 'board.download',
      subject: { type: 'board', id: board.id },
      patientId: consult.patientId,
      consultId,
      organisationId: consult.organisationId,
      detail: { format: what.format, images: what.images }
    });
    return {
      consultNumber: consult.number,
      organisation: (what.locale === 'en' ? organisation?.nameEn : organisation?.name) ?? '',
      patient: {
        name: patient.name,
        sex: sexName(patient.sex, what.locale),
        birthDate: patient.birthDate,
        number: patient.number
      },
      by: call.actor.name,
      at: tx.now.toISOString(),
      timeZone: organisation?.timeZone ?? 'UTC'
    };
  });
}

/**
 * [CN-28] Pictures of a board as a PDF, one a page, under the patient's banner and with page numbers.
 * @param pages as the browser drew them, PNG
 * @throws AppError `not_found`, `file_not_an_image`
 */
export async function exportBoardPdf(
  call: Call<'pdf', MemberActor>,
  consultId: string,
  { locale, images, pages }: Pick<BoardDocument, 'locale' | 'pages'> & { images: string[] }
): Promise<Uint8Array> {
  const head = await exportBoard(call, consultId, { format: 'pdf', images, locale });
  return call.pdf.board({ ...head, locale, pages });
}
