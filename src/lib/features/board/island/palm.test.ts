import { describe, expect, it } from 'vitest';
import { type PointerSeen, palmMs, penGuard, penStaysMs } from './palm.ts';

type Step = readonly [type: string, id: number, phase: PointerSeen['phase'], atMs: number];

/** What of these events reaches the board, and which touches were ended by the pen. */
function seen(...steps: Step[]) {
  const guard = penGuard();
  const ended: number[] = [];
  const passed = steps.filter(([type, id, phase, atMs]) => {
    const verdict = guard.judge({ type, id, phase, atMs });
    ended.push(...verdict.ended);
    return !verdict.drop;
  });
  return { passed: passed.map(([type, id, phase]) => `${type} ${id} ${phase}`), ended, guard };
}

describe('a hand beside a pen', () => {
  it('[BI-25] without a pen, fingers and mouse do what they always did', () => {
    const { passed, guard } = seen(['touch', 1, 'down', 0], ['touch', 1, 'up', 10], ['mouse', 9, 'down', 20]);
    expect(passed).toEqual(['touch 1 down', 'touch 1 up', 'mouse 9 down']);
    expect(guard.inUseForMs(20)).toBe(0);
  });

  it('[BI-25] what comes down while the pen draws is never heard of, not even when it leaves after the pen', () => {
    const { passed } = seen(
      ['pen', 5, 'down', 0],
      ['touch', 1, 'down', 50],
      ['touch', 2, 'down', 60],
      ['pen', 5, 'move', 70],
      ['touch', 1, 'move', 80],
      ['pen', 5, 'up', 90],
      ['touch', 1, 'move', 90 + palmMs * 3],
      ['touch', 1, 'up', 95 + palmMs * 3],
      ['touch', 2, 'up', 99 + palmMs * 3]
    );
    expect(passed).toEqual(['pen 5 down', 'pen 5 move', 'pen 5 up']);
  });

  it('[BI-25] so is what comes down just after it, or while it hovers; later fingers are heard again', () => {
    const { passed } = seen(
      ['pen', 5, 'down', 0],
      ['pen', 5, 'up', 100],
      ['touch', 1, 'down', 100 + palmMs - 1],
      ['touch', 1, 'up', 900],
      ['pen', 5, 'move', 1_000],
      ['touch', 2, 'down', 1_001],
      ['touch', 3, 'down', 1_000 + palmMs],
      ['touch', 2, 'up', 2_000]
    );
    expect(passed).toEqual(['pen 5 down', 'pen 5 up', 'pen 5 move', 'touch 3 down']);
  });

  it('[BI-25] a hand that was there before the pen is ended when the pen comes down', () => {
    const { passed, ended } = seen(
      ['touch', 1, 'down', 0],
      ['touch', 1, 'move', 10],
      ['pen', 5, 'down', 20],
      ['touch', 1, 'move', 30],
      ['touch', 1, 'up', 40]
    );
    expect(ended).toEqual([1]);
    expect(passed).toEqual(['touch 1 down', 'touch 1 move', 'pen 5 down']);
  });

  it('[BI-25] the pen counts as in use for some seconds after it was last seen', () => {
    const { guard } = seen(['pen', 5, 'down', 0], ['pen', 5, 'up', 1_000]);
    expect(guard.inUseForMs(1_000)).toBe(penStaysMs);
    expect(guard.inUseForMs(1_000 + penStaysMs - 1)).toBe(1);
    expect(guard.inUseForMs(1_000 + penStaysMs)).toBe(0);
  });

  it('[BI-25] a pen that stays down counts however long it draws', () => {
    const { guard } = seen(['pen', 5, 'down', 0]);
    expect(guard.inUseForMs(10 * penStaysMs)).toBe(penStaysMs);
  });

  it('[BI-25] a touch whose end was never told may begin anew', () => {
    const { passed } = seen(
      ['pen', 5, 'down', 0],
      ['touch', 1, 'down', 10],
      ['pen', 5, 'up', 20],
      ['touch', 1, 'down', 20 + palmMs],
      ['touch', 1, 'up', 30 + palmMs]
    );
    expect(passed).toEqual(['pen 5 down', 'pen 5 up', 'touch 1 down', 'touch 1 up']);
  });
});
