import { and, eq, sql } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor, SystemActor } from '#lib/kernel/actor.ts';
import { minuteMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { Limiter } from '#lib/kernel/limiter.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import type { TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { roundedMinutes } from './call-statistic.ts';
import type { CallStatisticInput } from './call-statistic-input.ts';
import { seatFor } from './room.server.ts';
import { identityOf } from './seat.ts';
import { callStatistics } from './tables.server.ts';

/** A stay tells of itself at once, each minute and at its end; somebody may leave and come again a few times. */
const limiter = new Limiter({ most: 20, withinMs: 5 * minuteMs });
const keptMonths = 12;

/**
 * [CN-60] [CN-61] The figures of one's stay in a call that goes on, for the organisation that asked; sent again, they
 * take the place of what was sent before. Leaves no event in the trail: it would say whose stay it was.
 * @throws AppError `too_many_tries`, and what taking a seat throws
 */
export async function keepCallStatistic(
  call: Call<never, MemberActor | PatientLinkActor>,
  consultId: string,
  { id, seconds, ...told }: CallStatisticInput
): Promise<void> {
  const { actor } = call;
  const { consult } = await inTransaction(call, (tx) => seatFor(tx, actor, consultId));
  if (!limiter.take(identityOf(actor), call.clock.now())) throw fail('too_many_tries');
  const { organisationId } = consult;
  // In the name of the organisation that asked: neither the expert nor a patient writes its rows.
  const keeper: SystemActor = { kind: 'system', organisationId, reason: 'call statistics' };
  await inTransaction({ ...call, actor: keeper }, async (tx) => {
    const [patient] = await tx.rows
      .select({ clinicId: patients.clinicId })
      .from(patients)
      .where(eq(patients.id, consult.patientId));
    if (!patient) throw fail('not_found');
    const day = sql<string>`(${tx.now.toISOString()}::timestamptz at time zone
      (select time_zone from organisation where id = ${organisationId}::uuid))::date`;
    const figures = { ...told, minutes: roundedMinutes(seconds) };
    const { clinicId } = patient;
    const seat = actor.kind === 'member' ? ('staff' as const) : ('patient' as const);
    await tx.rows
      .insert(callStatistics)
      .values({ id, organisationId, clinicId, seat, day, ...figures })
      .onConflictDoUpdate({
        target: [callStatistics.organisationId, callStatistics.id],
        set: figures,
        // The same stay, still going on.
        setWhere: and(
          eq(callStatistics.clinicId, clinicId),
          eq(callStatistics.seat, seat),
          sql`${callStatistics.day} >= excluded.day - 1`
        )
      });
  });
}

/** [CN-62] Once a night: what is older than a year goes. */
export const callStatisticsTask: TaskHandler = {
  task: 'call-statistics-expire',
  cron: '41 3 * * *',
  run: async (_, { services, now }) => {
    await services.systemDb.execute(
      sql`delete from call_statistic where day < (${now.toISOString()}::timestamptz - make_interval(months => ${keptMonths}))::date`
    );
  }
};
