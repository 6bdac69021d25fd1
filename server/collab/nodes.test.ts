import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Nodes } from './nodes.ts';
import { encodeNodeNews } from './relay-messages.ts';

const beatMs = 1_000;
const nodeSilentMs = 4_000;
const beat = encodeNodeNews({ kind: 'beat' });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** One node, whose relay carries or does not; the other is heard when told. */
async function started() {
  let hear: (message: Uint8Array, from: string) => void = () => {};
  let resumed = () => {};
  const line = { carries: true };
  const missed = vi.fn();
  const nodes = new Nodes({
    relay: {
      node: 'own',
      open: async (_, listener) => {
        hear = listener;
        return { publish: (message) => line.carries && hear(message, 'own'), close() {} };
      },
      onResumed: (listener) => void (resumed = listener),
      close: async () => {}
    },
    ...{ beatMs, nodeSilentMs, onMissed: missed },
    ...{ onTogether() {}, onApart() {}, onCome() {}, onGone() {}, onOrder() {} },
    log: { debug() {}, info() {}, warn() {}, error() {} }
  });
  nodes.start();
  await vi.advanceTimersByTimeAsync(0);
  const other = () => hear(beat, 'other');
  other();
  /** The relay is away until every node counts as gone, and comes back. */
  const away = async () => {
    line.carries = false;
    await vi.advanceTimersByTimeAsync(nodeSilentMs + 2 * beatMs);
    expect(nodes.apart).toBe(true);
    missed.mockClear();
    line.carries = true;
  };
  const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { nodes, missed, other, away, passes, resume: () => resumed() };
}

test('[CO-24] after a time without relay rights are looked up once: when the first node is heard again', async () => {
  const { nodes, missed, other, away, passes } = await started();
  await away();
  await passes(beatMs);
  expect(nodes.apart).toBe(false);
  expect(missed).not.toHaveBeenCalled();
  other();
  expect(missed).toHaveBeenCalledOnce();
  for (let i = 0; i < 6; i++) {
    await passes(beatMs);
    other();
  }
  expect(missed).toHaveBeenCalledOnce();
  nodes.close();
});

test('[CO-24] also where the other is heard before oneself, and where it never comes back', async () => {
  const { nodes, missed, other, away, passes } = await started();
  await away();
  other();
  await passes(beatMs);
  expect(missed).toHaveBeenCalledOnce();
  await away();
  await passes(beatMs + nodeSilentMs);
  expect(missed).toHaveBeenCalledOnce();
  nodes.close();
});

test('[CO-24] after a short break they are looked up at once', async () => {
  const { nodes, missed, resume } = await started();
  missed.mockClear();
  resume();
  expect(missed).toHaveBeenCalledOnce();
  nodes.close();
});
