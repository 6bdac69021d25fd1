import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { parseSurfaces, parseTooth, type Surface } from '#lib/features/odontogram/teeth.ts';
import { procedureCodes, procedureRule, type ProcedureCode } from './procedures.ts';

export const itemStatuses = ['planned', 'in-progress', 'done', 'cancelled'] as const;
export type ItemStatus = (typeof itemStatuses)[number];
/** Who says yes to a plan: the patient, or a guardian or child who speaks for them. */
export const agreers = ['patient', 'delegate'] as const;
export type Agreer = (typeof agreers)[number];
export type PlanStatus = 'active' | 'done' | 'cancelled';

/** One procedure of a plan as it is written, before it is anybody's record. */
export interface PlanItemDraft {
  /** FDI number, or null for the whole mouth. */
  tooth: string | null;
  surfaces: Surface[];
  procedure: ProcedureCode;
  /** Estimated. */
  visits: number;
  /** Minutes of one visit. */
  minutes: number;
  /** Minor units (fen) of the clinic's currency, or null where not priced. */
  priceMinor: number | null;
  note: string;
}
export interface PlanPhaseDraft {
  title: string;
  items: PlanItemDraft[];
}
/** A plan to be proposed or taken on: phases in the order of treatment. Plain JSON. */
export interface PlanDraft {
  title: string;
  phases: PlanPhaseDraft[];
}

export const planLimits = {
  titleLength: 200,
  noteLength: 1000,
  reasonLength: 200,
  phases: 12,
  itemsPerPhase: 60,
  visits: 60
} as const;

const text = (limit: number) => v.pipe(v.string(), v.trim(), v.maxLength(limit));

/** Shapes only; {@link parsePlanDraft} checks teeth, surfaces and procedures. */
export const planDraftSchema = v.object({
  title: v.pipe(text(planLimits.titleLength), v.minLength(1)),
  phases: v.pipe(
    v.array(
      v.object({
        title: v.optional(text(planLimits.titleLength), ''),
        items: v.pipe(
          v.array(
            v.object({
              tooth: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(8))), null),
              surfaces: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(8))), v.maxLength(8)), []),
              procedure: v.picklist(procedureCodes),
              visits: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(planLimits.visits)),
              minutes: v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(480)),
              priceMinor: v.optional(v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), null),
              note: v.optional(v.nullable(text(planLimits.noteLength)), '')
            })
          ),
          v.maxLength(planLimits.itemsPerPhase)
        )
      })
    ),
    v.maxLength(planLimits.phases)
  )
});

/**
 * A sound plan from anything at all; phases left empty are dropped.
 * @throws AppError `invalid_input`, `unknown_tooth`, `surface_not_on_tooth`
 */
export function parsePlanDraft(value: unknown): PlanDraft {
  const parsed = v.safeParse(planDraftSchema, value);
  if (!parsed.success) throw fail('invalid_input', { field: v.getDotPath(parsed.issues[0]) ?? '' });
  const phases = parsed.output.phases
    .filter((phase) => phase.items.length > 0)
    .map((phase) => ({
      title: phase.title,
      items: phase.items.map((item): PlanItemDraft => {
        const tooth = item.tooth ? parseTooth(item.tooth) : null;
        if (tooth === null && procedureRule(item.procedure).scope === 'tooth')
          throw fail('invalid_input', { field: 'tooth' });
        return {
          ...item,
          tooth: tooth?.number ?? null,
          surfaces: tooth ? parseSurfaces(tooth, item.surfaces) : [],
          note: item.note ?? ''
        };
      })
    }));
  if (phases.length === 0) throw fail('invalid_input', { field: 'phases' });
  return { title: parsed.output.title, phases };
}

/** An item of an accepted plan as it leaves the server. */
export interface PlanItemView extends PlanItemDraft {
  id: string;
  status: ItemStatus;
  visitsDone: number;
  /** Why it is cancelled; '' where it is not. */
  cancelReason: string;
  /** The appointment it waits for. */
  appointmentId: string | null;
  /** That appointment, where the reader sees the book; `startsAt` is ISO 8601 in UTC. */
  booked: BookedVisit | null;
}
export interface BookedVisit {
  startsAt: string;
  minutes: number;
  practitioner: string;
  chair: string;
}
export interface PlanPhaseView {
  /** 1, 2, 3 … */
  phase: number;
  title: string;
  items: PlanItemView[];
}
/** An accepted plan. Times are ISO 8601 in UTC. */
export interface PlanView {
  id: string;
  patientId: string;
  title: string;
  status: PlanStatus;
  consultId: string | null;
  proposalId: string | null;
  author: { id: string; name: string; organisationId: string };
  acceptedAt: string;
  acceptedBy: string;
  /** Who said yes to it, when, and who wrote that down; null: nobody yet. */
  agreement: { by: Agreer; at: string; recordedBy: string } | null;
  phases: PlanPhaseView[];
  progress: Progress;
}

const nextStatuses: Record<ItemStatus, readonly ItemStatus[]> = {
  planned: ['in-progress', 'done', 'cancelled'],
  'in-progress': ['planned', 'done', 'cancelled'],
  // Back again: a slip of the hand is corrected by the next change, and the audit trail keeps both.
  done: ['in-progress'],
  cancelled: ['planned']
};

/** Statuses an item may go to from this one. */
export function nextItemStatuses(from: ItemStatus): readonly ItemStatus[] {
  return nextStatuses[from];
}

/** The shortest way of allowed steps from one status to another, without the first: how a slip is taken back. */
export function wayBetween(from: ItemStatus, to: ItemStatus): ItemStatus[] {
  const ways: ItemStatus[][] = [[from]];
  for (const way of ways) {
    const last = way.at(-1)!;
    if (last === to) return way.slice(1);
    for (const next of nextStatuses[last]) if (!way.includes(next)) ways.push([...way, next]);
  }
  return [];
}

/** Visits done once an item reaches `to`: none when planned anew, all when done, else as before (never all). */
export function visitsDoneAt(to: ItemStatus, item: { visits: number; visitsDone: number }): number {
  switch (to) {
    case 'planned':
      return 0;
    case 'done':
      return Math.max(item.visits, item.visitsDone);
    case 'in-progress':
      return Math.min(item.visitsDone, item.visits - 1);
    case 'cancelled':
      return item.visitsDone;
  }
}

/** A plan is done when all that was not cancelled is done; cancelled when everything was. */
export function planStatusOf(items: readonly { status: ItemStatus }[]): PlanStatus {
  const left = items.filter((item) => item.status !== 'cancelled');
  if (items.length > 0 && left.length === 0) return 'cancelled';
  return left.length > 0 && left.every((item) => item.status === 'done') ? 'done' : 'active';
}

export interface Progress {
  items: number;
  itemsDone: number;
  visits: number;
  visitsDone: number;
}

/** How far a plan has come; cancelled items do not count. */
export function progressOf(
  items: readonly { status: ItemStatus; visits: number; visitsDone: number }[]
): Progress {
  const progress: Progress = { items: 0, itemsDone: 0, visits: 0, visitsDone: 0 };
  for (const item of items) {
    if (item.status === 'cancelled') continue;
    progress.items += 1;
    progress.itemsDone += item.status === 'done' ? 1 : 0;
    progress.visits += Math.max(item.visits, item.visitsDone);
    progress.visitsDone += item.status === 'done' ? Math.max(item.visits, item.visitsDone) : item.visitsDone;
  }
  return progress;
}

/** What to book next: the item under way, else the first planned one; null where nothing is left. */
export function nextItem(plan: Pick<PlanView, 'phases' | 'status'>): PlanItemView | null {
  if (plan.status !== 'active') return null;
  const items = plan.phases.flatMap((phase) => phase.items);
  return (
    items.find((item) => item.status === 'in-progress') ??
    items.find((item) => item.status === 'planned') ??
    null
  );
}

/** What can be booked of active plans and is not yet: of each plan first what is next. */
export function bookableItems(plans: readonly Pick<PlanView, 'phases' | 'status'>[]): PlanItemView[] {
  return plans.flatMap((plan) => {
    if (plan.status !== 'active') return [];
    const next = nextItem(plan);
    const open = plan.phases
      .flatMap((phase) => phase.items)
      .filter((item) => item.status === 'planned' || item.status === 'in-progress');
    return [...open.filter((item) => item === next), ...open.filter((item) => item !== next)].filter(
      (item) => item.appointmentId === null
    );
  });
}

/** Estimated visits and minutes of a draft, for the line under it. */
export function totalsOf(draft: Pick<PlanDraft, 'phases'>): {
  items: number;
  visits: number;
  minutes: number;
} {
  const items = draft.phases.flatMap((phase) => phase.items);
  return {
    items: items.length,
    visits: items.reduce((sum, item) => sum + item.visits, 0),
    minutes: items.reduce((sum, item) => sum + item.visits * item.minutes, 0)
  };
}
