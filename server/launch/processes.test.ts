import { expect, test } from 'vitest';
import { isOver } from './processes.ts';

/** As /proc shows a process of this state with so many threads. */
const stat = (state: string, threads: number) =>
  `4711 (livekit (x) server) ${state} 1 4711 4711 0 -1 4194304 99 0 1 0 0 0 0 0 20 0 ${threads} 0 3163311 0 0`;

test('a process is over once its last thread is, not when its first one is', () => {
  expect(isOver(stat('S', 12))).toBe(false);
  expect(isOver(stat('Z', 12))).toBe(false);
  expect(isOver(stat('Z', 1))).toBe(true);
  expect(isOver('')).toBe(false);
});
