import postgres from 'postgres';
import type { SystemActor } from '#lib/kernel/actor.ts';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import { notes, patients } from '#lib/features/patients/tables.server.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { checkTrail } from '../../../server/audit/check.ts';
import { median } from '../figures.ts';
import type { Part, PartContext } from './part.ts';

/** Transactions in one half of a pair: one alone is shorter than what else the machine does. */
const batch = 40;
const verifyRuns = 10;

/**
 * `audit_write_ratio`: a note written with its audit event ÷ without, each a transaction as a use case makes it.
 * `audit_verify_rows_per_s`: events a second of a whole trail's verification.
 */
export const auditPart: Part = async (context) => {
  const { ownerUrl, rows, pairs, say } = context;
  const sql = postgres(ownerUrl, { max: 2, onnotice: () => {} });
  try {
    const place = await furnish(context);
    say(`audit: writing ${rows} events`);
    await fill(sql, place.organisationId, rows);
    await sql`vacuum analyze audit_event`;

    const audited: number[] = [];
    const plain: number[] = [];
    const ratios: number[] = [];
    await write(context, place, true);
    await write(context, place, false);
    for (let pair = 0; pair < pairs; pair++) {
      audited.push(await write(context, place, true));
      plain.push(await write(context, place, false));
      ratios.push(audited.at(-1)! / plain.at(-1)!);
    }

    const rates: number[] = [];
    for (let run = 0; run < verifyRuns; run++) {
      const began = performance.now();
      const { events, findings } = await checkTrail({
        sql,
        organisationId: place.organisationId,
        checkpoints: null,
        files: null
      });
      if (findings.length > 0) throw new Error('the trail is not whole');
      rates.push(events / ((performance.now() - began) / 1000));
    }
    return {
      rows: [
        { name: `write, audited (ms for ${batch})`, samples: audited },
        { name: `write, not audited (ms for ${batch})`, samples: plain },
        { name: 'verify (rows/s)', samples: rates }
      ],
      figures: [
        { name: 'audit_write_ratio', value: median(ratios), unit: 'ratio' },
        { name: 'audit_verify_rows_per_s', value: median(rates), unit: 'rows/s' }
      ]
    };
  } finally {
    await sql.end();
  }
};

interface Place {
  organisationId: string;
  patientId: string;
}

async function furnish({ db }: PartContext): Promise<Place> {
  const [organisationId, clinicId, patientId] = [newId(), newId(), newId()];
  const names = { name: '门诊', nameEn: 'Clinic' };
  await inTransaction(call(db, organisationId), async (tx) => {
    await tx.rows.insert(organisations).values({ id: organisationId, ...names, kind: 'clinic' });
    await tx.rows.insert(clinics).values({ id: clinicId, organisationId, ...names });
    await tx.rows.insert(patients).values({
      id: patientId,
      organisationId,
      clinicId,
      number: 'P1',
      name: '王',
      sex: 'female',
      birthDate: '1960-01-01',
      // Nobody opens it here.
      phone: { sealed: 'not opened here' }
    });
  });
  return { organisationId, patientId };
}

function call(db: PartContext['db'], organisationId: string) {
  const actor: SystemActor = { kind: 'system', organisationId, reason: 'bench' };
  return { db, clock: systemClock, actor, request: { id: 'bench', ip: '127.0.0.1' } };
}

/** Through the function the app uses, so that the chain is a real one. */
async function fill(sql: postgres.Sql, organisationId: string, rows: number): Promise<void> {
  for (let done = 0; done < rows; done += 250)
    await sql.begin(async (tx) => {
      await tx`select set_config('app.organisation', ${organisationId}, true)`;
      await tx`select audit_append(jsonb_build_object('id', gen_random_uuid(), 'organisation_id', ${organisationId}::uuid,
          'at', now(), 'actor_kind', 'member', 'actor_id', gen_random_uuid(), 'actor_organisation_id', ${organisationId}::uuid,
          'actor_role', 'dentist', 'action', 'patient.read', 'outcome', 'ok', 'subject_type', 'patient',
          'subject_id', gen_random_uuid(), 'patient_id', gen_random_uuid(), 'consult_id', gen_random_uuid(),
          'ip', '192.168.1.20', 'request_id', gen_random_uuid(),
          'detail', case when n % 4 = 0 then '{"from":"booked","to":"arrived"}'::jsonb else '{}'::jsonb end))
        from generate_series(1, ${Math.min(250, rows - done)}) as n`;
    });
}

async function write(context: PartContext, place: Place, audited: boolean): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < batch; i++)
    await inTransaction(call(context.db, place.organisationId), async (tx) => {
      const id = newId();
      await tx.rows.insert(notes).values({
        id,
        organisationId: place.organisationId,
        patientId: place.patientId,
        text: '36 叩痛',
        teeth: ['36'],
        authorId: place.patientId,
        authorName: '李明',
        writtenAt: tx.now
      });
      if (audited)
        await tx.audit({
          action: 'note.write',
          subject: { type: 'note', id },
          patientId: place.patientId
        });
    });
  return performance.now() - began;
}
