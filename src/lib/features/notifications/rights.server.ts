import { eq } from 'drizzle-orm';
import * as v from 'valibot';
import { clinicsOf, type MemberActor } from '#lib/kernel/actor.ts';
import { membersOf } from '#lib/features/identity/member.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import { mayApproveErasure, rightsOf } from '#lib/features/rights/policy.server.ts';
import type { JobContext, JobHandler, OutboxEvent } from '#lib/features/tenancy/jobs.ts';
import type { OrganisationKind } from './notification.ts';
import { correctionNews, erasureNews } from './schema.ts';
import { writeNews } from './write.server.ts';

const correctionKinds = ['correction.asked', 'correction.accepted', 'correction.refused'] as const;

/**
 * [RT-9] A request for correction is told to those who may decide and see the patient, its outcome to the member who
 * wrote it down; a patient sees it through their link. [RT-15] An erasure that waits is told to who may approve it.
 */
export const rightsHandlers: readonly JobHandler[] = [
  ...correctionKinds.map((kind): JobHandler => ({
    topic: kind,
    handle: (event, context) => {
      const { patientId, askedById, actorId, by } = v.parse(correctionNews, event.payload);
      return tell(event, context, {
        ...{ kind, patientId, actorId, by, path: `/patients/${patientId}/rights` },
        concerned: (member) =>
          kind === 'correction.asked'
            ? rightsOf(member, event.organisationId).decide
            : member.userId === askedById
      });
    }
  })),
  {
    topic: 'erasure.asked',
    handle: (event, context) => {
      const { patientId, askedById, by } = v.parse(erasureNews, event.payload);
      const erasure = { organisationId: event.organisationId, askedById };
      return tell(event, context, {
        ...{ kind: 'erasure.asked', patientId, actorId: askedById, by, path: '/rights' },
        concerned: (member) => mayApproveErasure(member, erasure)
      });
    }
  }
];

interface News {
  kind: OrganisationKind;
  patientId: string;
  /** Whose act it is that is told of; nobody is told of their own. */
  actorId: string;
  by: string;
  path: string;
  concerned: (member: MemberActor) => boolean;
}

/** The organisation's members whom it concerns and who see the patient; nobody, of a record that is erased. */
async function tell(event: OutboxEvent, context: JobContext, news: News): Promise<void> {
  const { organisationId } = event;
  const [patient] = await context.rows
    .select({ clinicId: patients.clinicId })
    .from(patients)
    .where(eq(patients.id, news.patientId));
  if (!patient) return;
  for (const member of await membersOf(context.rows, organisationId)) {
    const sees = clinicsOf(member)?.includes(patient.clinicId) ?? true;
    if (!news.concerned(member) || !sees || member.userId === news.actorId) continue;
    await writeNews(context, {
      ...{ organisationId, userId: member.userId, kind: news.kind, eventId: event.id },
      data: { by: news.by, path: news.path }
    });
  }
}
