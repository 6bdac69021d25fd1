import { and, eq } from 'drizzle-orm';
import type { PatientLinkActor } from '#lib/kernel/actor.ts';
import { boardDocuments } from '#lib/features/board/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { consultFor } from './read.server.ts';
import { identityOf } from './room.server.ts';
import { consultSeats } from './tables.server.ts';

/** All a patient's page knows: where their visit stands and who they will see. No notes, no opinion. */
export interface VisitView {
  consultId: string;
  /** `early`: nobody has accepted yet. `over`: closed, declined or taken back. */
  stage: 'early' | 'waiting' | 'admitted' | 'over' | 'ready';
  name: string;
  clinic: string;
  dentist: string;
  expert: { name: string; title: string; organisation: string } | null;
  slotAt: Date | null;
  boardId: string | null;
}

/** [CN-6] The visit as its patient sees it. `ready`: the page may ask to be let in. */
export async function readVisit(call: Call<never, PatientLinkActor>): Promise<VisitView> {
  const { actor } = call;
  return inTransaction(call, async (tx) => {
    const { consult } = await consultFor(tx, actor.consultId);
    const [seat] = await tx.rows
      .select()
      .from(consultSeats)
      .where(and(eq(consultSeats.consultId, consult.id), eq(consultSeats.identity, identityOf(actor))));
    const [board] = await tx.rows
      .select({ id: boardDocuments.id })
      .from(boardDocuments)
      .where(eq(boardDocuments.consultId, consult.id));
    await tx.audit({
      action: 'visit.read',
      subject: { type: 'consult', id: consult.id },
      patientId: consult.patientId,
      consultId: consult.id
    });
    return {
      consultId: consult.id,
      stage: stageOf(consult.status, seat),
      name: actor.name,
      clinic: consult.requesterOrganisationName,
      dentist: consult.requesterName,
      expert: consult.expertName
        ? {
            name: consult.expertName,
            title: consult.expertTitle ?? '',
            organisation: consult.expertOrganisationName
          }
        : null,
      slotAt: consult.slotAt,
      boardId: consult.status === 'accepted' ? (board?.id ?? null) : null
    };
  });
}

function stageOf(
  status: string,
  seat: { state: 'waiting' | 'admitted' | 'in-room' | 'left'; admittedById: string | null } | undefined
): VisitView['stage'] {
  if (status === 'requested' || status === 'more-asked') return 'early';
  if (status !== 'accepted') return 'over';
  if (!seat) return 'ready';
  // Once let in, always let in: leaving by mistake must not send a patient back to the queue.
  if (seat.admittedById || seat.state === 'admitted' || seat.state === 'in-room') return 'admitted';
  return seat.state === 'waiting' ? 'waiting' : 'ready';
}
