import { describe, expect, it } from 'vitest';
import { OdontogramState } from './odontogram.svelte.ts';

const chartState = (asked: string | null) =>
  new OdontogramState(
    () => ({ patientId: 'p', findings: [], mayRecord: false }),
    () => [],
    asked
  );

describe('a chart with a tooth in question', () => {
  it.each([
    ['36', 'left'],
    ['21', 'left'],
    ['16', 'right'],
    ['85', 'right'],
    [null, 'right']
  ])('[OD-15] opens for %s on the %s side', (asked, side) => {
    const { side: shown, current } = chartState(asked);
    expect(shown).toBe(side);
    expect(current).toBe(asked ?? '');
  });
});
