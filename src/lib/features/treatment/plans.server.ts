import { and, asc, desc, eq, inArray } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { actorId } from '#lib/kernel/actor.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { atClinicsOf, readAppointments } from '#lib/features/appointments/read.server.ts';
import { appointments } from '#lib/features/appointments/tables.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Surface } from '#lib/features/odontogram/teeth.ts';
import {
  parsePlanDraft,
  planStatusOf,
  progressOf,
  visitsDoneAt,
  type BookedVisit,
  type ItemStatus,
  type PlanItemDraft,
  type PlanItemView,
  type PlanView
} from './plan.ts';
import { mayWithSomePlan, planRights, type PlanRights } from './policy.server.ts';
import { isProcedure } from './procedures.ts';
import { treatmentPlanItems, treatmentPlans } from './tables.server.ts';

export type PlanRow = typeof treatmentPlans.$inferSelect;
export type ItemRow = typeof treatmentPlanItems.$inferSelect;

/**
 * All plans of a patient, newest first. A remote expert gets those a consult's grant lets through.
 * @throws AppError `forbidden`, `not_found`
 */
export async function readPlans(call: Call, patientId: string): Promise<PlanView[]> {
  if (!mayWithSomePlan(call.actor, 'read')) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const organisationId = await patientFor(tx, patientId, 'read');
    const plans = await planRows(tx, patientId);
    await tx.audit({
      action: 'plan.read',
      subject: { type: 'patient', id: patientId },
      patientId,
      organisationId
    });
    return plans;
  });
}

/** The plans of a patient inside a transaction that already checked and audited the read; newest first. */
export async function planRows(tx: Tx, patientId: string): Promise<PlanView[]> {
  const plans = await tx.rows
    .select()
    .from(treatmentPlans)
    .where(eq(treatmentPlans.patientId, patientId))
    .orderBy(desc(treatmentPlans.acceptedAt), desc(treatmentPlans.id));
  const [first] = plans;
  if (!first) return [];
  // By plan, not by patient: that is what the index is for.
  const items = await tx.rows
    .select()
    .from(treatmentPlanItems)
    .where(
      and(
        eq(treatmentPlanItems.organisationId, first.organisationId),
        inArray(
          treatmentPlanItems.planId,
          plans.map((plan) => plan.id)
        )
      )
    )
    .orderBy(asc(treatmentPlanItems.phase), asc(treatmentPlanItems.position));
  const booked = await bookedFor(tx, items);
  return plans.map((plan) =>
    toView(
      plan,
      items.filter((item) => item.planId === plan.id),
      booked
    )
  );
}

/**
 * Make a plan for an own patient. With an `id` from the browser a repeated request returns the first plan.
 * @throws AppError `forbidden`, `not_found`, `invalid_input`, `unknown_tooth`, `surface_not_on_tooth`, `conflict`
 */
export async function createPlan(
  call: Call,
  input: { patientId: string; id?: string; draft: unknown }
): Promise<PlanView> {
  if (!mayWithSomePlan(call.actor, 'create')) throw fail('forbidden');
  const draft = parsePlanDraft(input.draft);
  return inTransaction(call, async (tx) => {
    const organisationId = await patientFor(tx, input.patientId, 'create');
    return insertPlan(tx, {
      id: input.id,
      draft,
      patientId: input.patientId,
      organisationId,
      authorId: actorId(call.actor),
      authorName: nameOf(tx),
      authorOrganisationId: call.actor.organisationId
    });
  });
}

/** What {@link insertPlan} writes: a parsed draft, whose it is and where it came from. */
export interface NewPlan {
  id?: string;
  /** Parsed. Items may say how far they have come already (demo data, plans taken over); default planned. */
  draft: { title: string; phases: { title: string; items: (PlanItemDraft & { status?: ItemStatus })[] }[] };
  patientId: string;
  /** The organisation that owns the patient. Default: the actor's. */
  organisationId?: string;
  authorId: string;
  authorName: string;
  authorOrganisationId: string;
  consultId?: string | null;
  proposalId?: string | null;
  /** Default: the transaction's time. Demo data sets it. */
  acceptedAt?: Date;
}

/**
 * Write a plan inside a transaction whose use case has checked access: accepting a proposal, demo data.
 * Writing the same id or the same proposal again changes nothing and returns the first.
 * @throws AppError `conflict`
 */
export async function insertPlan(tx: Tx, plan: NewPlan): Promise<PlanView> {
  const organisationId = plan.organisationId ?? tx.actor.organisationId;
  const id = plan.id ?? newId(tx.now.getTime());
  const shared = { organisationId, patientId: plan.patientId, updatedAt: tx.now };
  const items = plan.draft.phases.flatMap((phase, p) =>
    phase.items.map((item, i) => {
      const status = item.status ?? 'planned';
      return {
        ...shared,
        ...item,
        planId: id,
        phase: p + 1,
        phaseTitle: phase.title,
        position: i + 1,
        status,
        visitsDone:
          status === 'in-progress'
            ? Math.min(1, item.visits - 1)
            : visitsDoneAt(status, { ...item, visitsDone: 0 })
      };
    })
  );
  const [row] = await tx.rows
    .insert(treatmentPlans)
    .values({
      ...shared,
      id,
      title: plan.draft.title,
      status: planStatusOf(items),
      consultId: plan.consultId ?? null,
      proposalId: plan.proposalId ?? null,
      authorId: plan.authorId,
      authorName: plan.authorName,
      authorOrganisationId: plan.authorOrganisationId,
      acceptedAt: plan.acceptedAt ?? tx.now,
      // What the server itself writes (demo data) was taken on by its author.
      acceptedBy: tx.actor.kind === 'system' ? plan.authorName : nameOf(tx)
    })
    .onConflictDoNothing()
    .returning();
  if (!row) return alreadyWritten(tx, plan);
  const written = await tx.rows.insert(treatmentPlanItems).values(items).returning();
  await audit(tx, row, 'plan.create', row.id, { items: items.length });
  return toView(row, written, new Map());
}

async function alreadyWritten(tx: Tx, plan: NewPlan): Promise<PlanView> {
  const same = plan.proposalId
    ? eq(treatmentPlans.proposalId, plan.proposalId)
    : plan.id
      ? eq(treatmentPlans.id, plan.id)
      : undefined;
  if (!same) throw fail('conflict');
  const [row] = await tx.rows
    .select()
    .from(treatmentPlans)
    .where(and(same, eq(treatmentPlans.patientId, plan.patientId)));
  if (!row) throw fail('conflict');
  return viewOf(tx, row, await itemRows(tx, row.id));
}

export async function itemRows(tx: Tx, planId: string): Promise<ItemRow[]> {
  return tx.rows
    .select()
    .from(treatmentPlanItems)
    .where(eq(treatmentPlanItems.planId, planId))
    .orderBy(asc(treatmentPlanItems.phase), asc(treatmentPlanItems.position));
}

/** The patient's organisation, where this actor may do this. A foreign or unknown id is not found. */
async function patientFor(tx: Tx, patientId: string, right: keyof PlanRights): Promise<string> {
  const [patient] = await tx.rows
    .select({ organisationId: patients.organisationId })
    .from(patients)
    .where(eq(patients.id, patientId));
  if (!patient) throw fail('not_found');
  const rights = planRights(tx.actor, patient.organisationId);
  if (!rights.read) throw fail('not_found');
  if (!rights[right]) throw fail('forbidden');
  return patient.organisationId;
}

export async function audit(
  tx: Tx,
  plan: PlanRow,
  action: string,
  subjectId: string,
  detail: Record<string, string | number>
): Promise<void> {
  await tx.audit({
    action,
    subject: { type: subjectId === plan.id ? 'treatment_plan' : 'treatment_plan_item', id: subjectId },
    patientId: plan.patientId,
    consultId: plan.consultId,
    organisationId: plan.organisationId,
    detail
  });
}

type Booked = ReadonlyMap<string, BookedVisit>;

/** The appointments these items wait for, as far as this actor sees the book. */
async function bookedFor(tx: Tx, items: readonly ItemRow[]): Promise<Booked> {
  const ids = items.flatMap((item) => item.appointmentId ?? []);
  if (ids.length === 0) return new Map();
  const found = await readAppointments(tx, and(inArray(appointments.id, ids), atClinicsOf(tx.actor)));
  return new Map(
    found.map(({ id, startsAt, minutes, practitioner, chair }) => [
      id,
      { startsAt, minutes, practitioner: practitioner.name, chair: chair.name }
    ])
  );
}

export async function viewOf(tx: Tx, plan: PlanRow, items: readonly ItemRow[]): Promise<PlanView> {
  return toView(plan, items, await bookedFor(tx, items));
}

export function nameOf(tx: Tx): string {
  return tx.actor.kind === 'system' ? 'system' : tx.actor.name;
}

function toView(plan: PlanRow, items: readonly ItemRow[], booked: Booked): PlanView {
  const phases = new Map<number, PlanView['phases'][number]>();
  for (const item of items) {
    const phase = phases.get(item.phase) ?? { phase: item.phase, title: item.phaseTitle, items: [] };
    phases.set(item.phase, phase);
    phase.items.push(toItemView(item, booked));
  }
  return {
    id: plan.id,
    patientId: plan.patientId,
    title: plan.title,
    status: plan.status,
    consultId: plan.consultId,
    proposalId: plan.proposalId,
    author: { id: plan.authorId, name: plan.authorName, organisationId: plan.authorOrganisationId },
    acceptedAt: plan.acceptedAt.toISOString(),
    acceptedBy: plan.acceptedBy,
    agreement:
      plan.agreedBy && plan.agreedAt
        ? { by: plan.agreedBy, at: plan.agreedAt.toISOString(), recordedBy: plan.agreedRecordedBy ?? '' }
        : null,
    phases: [...phases.values()],
    progress: progressOf(items)
  };
}

function toItemView(row: ItemRow, booked: Booked): PlanItemView {
  if (!isProcedure(row.procedure))
    throw fail('internal', {}, new Error(`treatment_plan_item ${row.id}: unknown procedure`));
  return {
    id: row.id,
    tooth: row.tooth,
    surfaces: row.surfaces as Surface[],
    procedure: row.procedure,
    visits: row.visits,
    visitsDone: row.visitsDone,
    minutes: row.minutes,
    priceMinor: row.priceMinor,
    note: row.note,
    status: row.status,
    cancelReason: row.cancelReason,
    appointmentId: row.appointmentId,
    booked: booked.get(row.appointmentId ?? '') ?? null
  };
}
