/** Which of a board's shapes are in the page: what is near the view, brought in and taken out a few at a time. */
export interface Nearby<Id> {
  /** Not near the view. */
  readonly far: ReadonlySet<Id>;
  /** Near and not in the page yet. */
  readonly waiting: ReadonlySet<Id>;
  /** Far and still in the page. */
  readonly lingering: ReadonlySet<Id>;
}

/** What nobody placed yet is near: who draws something sees it at once. */
export function isInPage<Id>({ far, waiting, lingering }: Nearby<Id>, id: Id): boolean {
  return far.has(id) ? lingering.has(id) : !waiting.has(id);
}

/** A board as it is opened: shown at once where it has at most `few` shapes, else one after the other. */
export function placed<Id>(all: readonly Id[], far: ReadonlySet<Id>, few: number): Nearby<Id> {
  return all.length <= few
    ? { far, waiting: new Set(), lingering: far }
    : { far, waiting: new Set(all.filter((id) => !far.has(id))), lingering: new Set() };
}

/** The view, or a shape, has moved. */
export function moved<Id>(before: Nearby<Id>, far: ReadonlySet<Id>): Nearby<Id> {
  const [waiting, lingering] = [new Set(before.waiting), new Set(before.lingering)];
  for (const id of far) if (!before.far.has(id) && !waiting.delete(id)) lingering.add(id);
  for (const id of before.far) if (!far.has(id) && !lingering.delete(id)) waiting.add(id);
  return { far, waiting, lingering };
}

/** One step: at most `most` shapes come in; when all are there, what is far goes, except for `kept` of them. */
export function stepped<Id>(before: Nearby<Id>, { most, kept }: { most: number; kept: number }): Nearby<Id> {
  const { far, waiting, lingering } = before;
  if (waiting.size) return { far, waiting: without(waiting, most), lingering };
  return { far, waiting, lingering: without(lingering, Math.min(most, lingering.size - kept)) };
}

export function isAtRest<Id>({ waiting, lingering }: Nearby<Id>, kept: number): boolean {
  return waiting.size === 0 && lingering.size <= kept;
}

function without<Id>(ids: ReadonlySet<Id>, count: number): ReadonlySet<Id> {
  return count > 0 ? new Set([...ids].slice(count)) : ids;
}
