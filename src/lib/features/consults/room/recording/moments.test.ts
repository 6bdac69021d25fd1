import { expect, test } from 'vitest';
import { momentsOf } from './moments.ts';

const at = (second: number) => new Date(Date.UTC(2026, 10, 1, 8, 0, second));
const iso = (second: number) => at(second).toISOString();

test('[RC-11] beside the player stand the consult’s moments while it ran, and its own start, pauses and end', () => {
  const seat = (name: string, ...seconds: number[]) => ({
    ...{ identity: name, name, role: 'member' as const, relation: null, state: 'in-room' as const },
    ...{ waitingSince: null, heldAt: null, seenAt: null, rungByName: null, removedByName: null },
    steps: seconds.map((second) => ({ state: 'in-room' as const, at: at(second) }))
  });
  const recording = {
    startedAt: at(9),
    endedAt: at(41),
    end: 'withdrawn' as const,
    maker: 'browser' as const,
    spans: [
      { from: iso(10), to: iso(20) },
      { from: iso(30), to: iso(40) }
    ]
  };
  const consult = {
    ...{ acceptedAt: at(1), closedAt: at(50), proposals: [], opinions: [] },
    seats: [seat('早来', 2), seat('王', 12), seat('暂停时', 25), seat('后来', 33)]
  };
  expect(momentsOf(recording, consult).map(({ ms, kind }) => [ms, kind])).toEqual([
    [0, 'consent'],
    [2_000, 'person'],
    [10_000, 'pause'],
    [10_000, 'person'],
    [13_000, 'person'],
    [20_000, 'consent']
  ]);
});
