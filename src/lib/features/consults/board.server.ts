import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { initialBoard, type BoardImage } from '#lib/features/board/initial.ts';
import { noScale, type ShapeScale } from '#lib/features/board/shapes.ts';
import { openBoardDocument } from '#lib/features/board/store.server.ts';
import { boardDocuments } from '#lib/features/board/tables.server.ts';
import { images } from '#lib/features/imaging/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { boardMode } from './policy.server.ts';
import type { SeatRole } from './seat.ts';
import { consultFor, requireGrant, type ConsultRow } from './read.server.ts';
import { consultGrantItems } from './tables.server.ts';

/** [CN-7] The board of an accepted consult: what was shared lies on it already. Calling it again changes nothing. */
export async function openBoard(tx: Tx, consult: ConsultRow): Promise<void> {
  const shared = await tx.rows
    .select({ kind: consultGrantItems.kind, itemId: consultGrantItems.itemId })
    .from(consultGrantItems)
    .where(
      and(
        eq(consultGrantItems.consultId, consult.id),
        isNull(consultGrantItems.guestId),
        isNull(consultGrantItems.revokedAt)
      )
    );
  const imageIds = shared.flatMap((item) => (item.kind === 'image' && item.itemId ? [item.itemId] : []));
  const shown = imageIds.length
    ? await tx.rows.select().from(images).where(inArray(images.id, imageIds)).orderBy(images.takenAt)
    : [];
  const author = { by: 'system', byName: '', at: tx.now.toISOString() };
  await openBoardDocument(tx.rows, {
    organisationId: consult.organisationId,
    consultId: consult.id,
    patientId: consult.patientId,
    first: {
      bytes: initialBoard({
        images: shown.map(boardImage),
        withChart: shared.some((item) => item.kind === 'chart'),
        author
      }),
      author: 'system',
      at: tx.now
    }
  });
}

/** An image's row as it lies on a board. */
export function boardImage(row: typeof images.$inferSelect): BoardImage {
  return {
    imageId: row.id,
    kind: row.kind,
    takenOn: row.takenAt?.slice(0, 10) ?? '',
    side: row.laterality ?? '',
    teeth: row.teeth,
    width: row.columns,
    height: row.rows,
    scale: scaleOf(row),
    // Null: the renderer knows the picture's own window, from the file or from its values.
    window: null
  };
}

/** A person's calibration wins over the file's own spacing. */
export function scaleOf({ pixelSpacing, calibration }: typeof images.$inferSelect): ShapeScale {
  if (calibration)
    return {
      kind: 'user',
      rowMm: calibration.mmPerPixel,
      columnMm: calibration.mmPerPixel,
      by: calibration.by,
      at: calibration.at,
      on: calibration.knownObject
    };
  if (pixelSpacing.source === 'none') return noScale;
  return {
    ...noScale,
    kind: pixelSpacing.source,
    rowMm: pixelSpacing.rowMm,
    columnMm: pixelSpacing.columnMm
  };
}

/** What a socket may do on a document, decided before anything of it is loaded. */
export interface BoardAccess {
  organisationId: string;
  consultId: string;
  patientId: string;
  mode: 'write' | 'read';
  role: Exclude<SeatRole, 'delegate'>;
}

/**
 * @throws AppError `not_found` where the board does not exist for this actor, `grant_ended`
 */
export async function boardAccess(
  call: Call<never, MemberActor | PatientLinkActor>,
  documentId: string
): Promise<BoardAccess> {
  return inTransaction(call, async (tx) => {
    const [board] = await tx.rows
      .select({ consultId: boardDocuments.consultId })
      .from(boardDocuments)
      .where(eq(boardDocuments.id, documentId));
    if (!board) throw fail('not_found');
    const { consult, side } = await consultFor(tx, board.consultId);
    const mode = boardMode(call.actor, consult);
    if (!mode) throw fail('not_found');
    // Of another organisation the database shows no board by now; in a chain the expert sits in the same one.
    if (side === 'expert') await requireGrant(tx, consult);
    await tx.audit({
      action: 'board.open',
      subject: { type: 'board', id: documentId },
      patientId: consult.patientId,
      consultId: consult.id,
      organisationId: consult.organisationId,
      detail: { mode }
    });
    return {
      organisationId: consult.organisationId,
      consultId: consult.id,
      patientId: consult.patientId,
      mode,
      role:
        side === 'requester' && (call.actor as MemberActor).userId !== consult.requesterId ? 'member' : side
    };
  });
}
