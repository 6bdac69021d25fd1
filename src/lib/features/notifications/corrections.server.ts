import { eq } from 'drizzle-orm';
import * as v from 'valibot';
import { clinicsOf } from '#lib/kernel/actor.ts';
import { membersOf } from '#lib/features/identity/member.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { rightsOf } from '#lib/features/rights/policy.server.ts';
import type { JobContext, JobHandler, OutboxEvent } from '#lib/features/tenancy/jobs.ts';
import type { OrganisationKind } from './notification.ts';
import { correctionNews } from './schema.ts';
import { writeNews } from './write.server.ts';

const kinds = ['correction.asked', 'correction.accepted', 'correction.refused'] as const;

/**
 * [RT-9] A request for correction is told to those who may decide and see the patient, its outcome to the member who
 * wrote it down; a patient sees it through their link. Nobody is told of their own act, or of a record that is erased.
 */
export const correctionHandlers: readonly JobHandler[] = kinds.map((kind) => ({
  topic: kind,
  handle: (event, context) => tell(kind, event, context)
}));

async function tell(
  kind: (typeof kinds)[number] & OrganisationKind,
  event: OutboxEvent,
  context: JobContext
): Promise<void> {
  const { organisationId } = event;
  const { patientId, askedById, actorId, by } = v.parse(correctionNews, event.payload);
  const [patient] = await context.rows
    .select({ clinicId: patients.clinicId })
    .from(patients)
    .where(eq(patients.id, patientId));
  if (!patient) return;
  for (const member of await membersOf(context.rows, organisationId)) {
    const concerned =
      kind === 'correction.asked' ? rightsOf(member, organisationId).decide : member.userId === askedById;
    const sees = clinicsOf(member)?.includes(patient.clinicId) ?? true;
    if (!concerned || !sees || member.userId === actorId) continue;
    await writeNews(context, {
      ...{ organisationId, userId: member.userId, kind, eventId: event.id },
      data: { by, path: `/patients/${patientId}/rights` }
    });
  }
}
