/**
 * Which touches reach the board while somebody works with a pen. A hand that rests on the glass must neither draw nor
 * move anything, and a touch beside a pen would be a pinch to tldraw, which takes the stroke away.
 */

/** So long after the pen was last seen (on the glass or hovering) fingers do not draw. Milliseconds. */
export const penStaysMs = 8_000;
/** What comes down so soon after the pen was seen is the hand that holds it, e.g. between two strokes. Milliseconds. */
export const palmMs = 600;

export interface PointerSeen {
  id: number;
  type: string;
  phase: 'down' | 'move' | 'up';
  atMs: number;
}

export interface PenGuard {
  /**
   * What becomes of an event. `ended`: touches that were let through and end here, for the pen has come down; their
   * further events are dropped.
   */
  judge(pointer: PointerSeen): { drop: boolean; ended: number[] };
  /** Milliseconds that a pen still counts as in use; 0: none is. */
  inUseForMs(atMs: number): number;
}

export function penGuard(): PenGuard {
  /** Touches that the board knows of, and those it never hears of, until they leave the glass. */
  const [known, ignored] = [new Set<number>(), new Set<number>()];
  let penSeenAt = Number.NEGATIVE_INFINITY;
  let isPenDown = false;

  function pen({ phase, atMs }: PointerSeen): number[] {
    penSeenAt = atMs;
    if (phase !== 'move') isPenDown = phase === 'down';
    if (phase !== 'down') return [];
    const ended = [...known];
    known.clear();
    for (const id of ended) ignored.add(id);
    return ended;
  }

  function dropsTouch({ id, phase, atMs }: PointerSeen): boolean {
    switch (phase) {
      case 'down':
        // The same number again: its end was never told.
        ignored.delete(id);
        if (!isPenDown && atMs - penSeenAt >= palmMs) known.add(id);
        else ignored.add(id);
        return ignored.has(id);
      case 'move':
        return ignored.has(id);
      case 'up':
        known.delete(id);
        return ignored.delete(id);
    }
  }

  return {
    judge(pointer) {
      if (pointer.type === 'pen') return { drop: false, ended: pen(pointer) };
      return { drop: pointer.type === 'touch' && dropsTouch(pointer), ended: [] };
    },
    inUseForMs: (atMs) => (isPenDown ? penStaysMs : Math.max(0, penSeenAt + penStaysMs - atMs))
  };
}
