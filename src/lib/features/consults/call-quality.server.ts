import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { clinicsOf, type MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { clinics } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import {
  qualityFigures,
  qualityGroupings,
  qualityGroups,
  type QualityFigures,
  type QualityGroup,
  type QualityGrouping
} from './call-quality.ts';
import { mayReadCallQuality } from './policy.server.ts';
import type { QualityFilter } from './call-quality-input.ts';
import { callStatistics } from './tables.server.ts';

export interface CallQualityView {
  /** To choose from. */
  clinics: { id: string; name: string; nameEn: string }[];
  figures: QualityFigures;
  groups: Record<QualityGrouping, QualityGroup[]>;
}

/** [CN-63] How the calls of the last days went, in figures of many. @throws AppError `forbidden` */
export async function readCallQuality(
  call: Call<never, MemberActor>,
  { days, clinic }: QualityFilter
): Promise<CallQualityView> {
  if (!mayReadCallQuality(call.actor)) throw fail('forbidden');
  const seen = clinicsOf(call.actor);
  return inTransaction(call, async (tx) => {
    const own = await tx.rows
      .select({ id: clinics.id, name: clinics.name, nameEn: clinics.nameEn })
      .from(clinics)
      .where(seen ? inArray(clinics.id, [...seen]) : undefined)
      .orderBy(asc(clinics.createdAt));
    const today = sql`(${tx.now.toISOString()}::timestamptz at time zone
      (select time_zone from organisation where id = ${call.actor.organisationId}::uuid))::date`;
    const rows = await tx.rows
      .select()
      .from(callStatistics)
      .where(
        and(
          gt(callStatistics.day, sql`${today} - ${days}::int`),
          clinic ? eq(callStatistics.clinicId, clinic) : undefined
        )
      );
    const groups = Object.fromEntries(qualityGroupings.map((by) => [by, qualityGroups(rows, by)]));
    return {
      clinics: own,
      figures: qualityFigures(rows),
      groups: groups as Record<QualityGrouping, QualityGroup[]>
    };
  });
}
