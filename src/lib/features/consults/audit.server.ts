import type { AuditEntry } from '#lib/features/audit/record.server.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { ConsultRow } from './read.server.ts';

/** In the trail of who owns the consult, whichever side acts: an act on the consult as a whole. */
export async function auditConsult(
  tx: Tx,
  { id, patientId, organisationId }: Pick<ConsultRow, 'id' | 'patientId' | 'organisationId'>,
  action: string,
  detail: NonNullable<AuditEntry['detail']> = {}
): Promise<void> {
  await tx.audit({
    action,
    subject: { type: 'consult', id },
    patientId,
    consultId: id,
    organisationId,
    detail
  });
}
