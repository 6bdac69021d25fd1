import { planLimits, type PlanDraft, type PlanItemDraft } from './plan.ts';
import { usualVisits, type ProcedureCode } from './procedures.ts';
import { parseTooth, surfacesOf, type Surface } from '#lib/features/odontogram/teeth.ts';

interface Keyed {
  /** For the list on the screen only. */
  key: number;
}
export type EditedItem = PlanItemDraft & Keyed;
export interface EditedPhase extends Keyed {
  title: string;
  items: EditedItem[];
}

/** A plan being written. Nothing leaves before {@link toDraft}. */
export class PlanEditorState {
  #nextKey = 1;
  title = $state('');
  /** The writer's own title is kept; until then it follows the items. */
  titleTouched = $state(false);
  phases = $state<EditedPhase[]>([]);

  constructor(start?: PlanDraft) {
    this.title = start?.title ?? '';
    this.titleTouched = this.title !== '';
    this.phases = (start?.phases ?? [{ title: '', items: [] }]).map((phase) => ({
      title: phase.title,
      key: this.#nextKey++,
      items: phase.items.map((item) => ({ ...item, key: this.#nextKey++ }))
    }));
  }

  readonly items = $derived.by(() => this.phases.flatMap((phase) => phase.items));

  addPhase(): void {
    if (this.phases.length < planLimits.phases)
      this.phases.push({ title: '', key: this.#nextKey++, items: [] });
  }

  removePhase(index: number): void {
    this.phases.splice(index, 1);
    if (this.phases.length === 0) this.addPhase();
  }

  movePhase(index: number, by: 1 | -1): void {
    swap(this.phases, index, index + by);
  }

  /** One item for each tooth, or one for the whole mouth. */
  add(
    phase: EditedPhase,
    procedure: ProcedureCode,
    teeth: readonly string[],
    surfaces: readonly Surface[]
  ): void {
    for (const tooth of teeth.length > 0 ? teeth : [null]) {
      if (phase.items.length >= planLimits.itemsPerPhase) return;
      const own = tooth === null ? [] : surfacesOf(parseTooth(tooth));
      phase.items.push({
        tooth,
        surfaces: own.filter((surface) => surfaces.includes(surface)),
        procedure,
        ...usualVisits(procedure, tooth),
        priceMinor: null,
        note: '',
        key: this.#nextKey++
      });
    }
  }

  remove(phase: EditedPhase, item: EditedItem): void {
    phase.items = phase.items.filter((other) => other.key !== item.key);
  }

  /** Up or down within the phase, and over its edge into the next one. */
  move(phaseIndex: number, item: EditedItem, by: 1 | -1): void {
    const phase = this.phases[phaseIndex];
    if (!phase) return;
    const index = phase.items.findIndex((other) => other.key === item.key);
    if (phase.items[index + by]) {
      swap(phase.items, index, index + by);
      return;
    }
    const next = this.phases[phaseIndex + by];
    if (!next) return;
    phase.items.splice(index, 1);
    if (by === 1) next.items.unshift(item);
    else next.items.push(item);
  }

  /** The plan as plain data: no keys, no empty phases. */
  toDraft(): PlanDraft {
    return {
      title: this.title.trim(),
      phases: $state
        .snapshot(this.phases)
        .filter((phase) => phase.items.length > 0)
        .map(({ title, items }) => ({
          title: title.trim(),
          items: items.map(({ tooth, surfaces, procedure, visits, minutes, priceMinor, note }) => ({
            tooth,
            surfaces,
            procedure,
            visits: within(visits, 1, planLimits.visits),
            minutes: within(minutes, 5, 480),
            priceMinor,
            note: note.trim()
          }))
        }))
    };
  }
}

function swap(list: unknown[], a: number, b: number): void {
  if (a < 0 || b < 0 || a >= list.length || b >= list.length) return;
  [list[a], list[b]] = [list[b], list[a]];
}

/** A number field that was emptied gives null; the least is meant. */
function within(value: number | null, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(value ?? least)));
}
