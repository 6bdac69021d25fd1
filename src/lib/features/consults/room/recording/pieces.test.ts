import { expect, test } from 'vitest';
import { mostWaiting, Outgoing, type Piece, type Sent } from './pieces.ts';

function outgoing(answer: (piece: Piece, tries: number) => Sent) {
  const sent: number[] = [];
  const states: { waiting: number; offline: boolean }[] = [];
  let full = 0;
  const pieces = new Outgoing({
    send: async (piece) => {
      sent.push(piece.number);
      return answer(piece, sent.length);
    },
    changed: (state) => states.push(state),
    full: () => full++,
    pause: () => new Promise((resolve) => setTimeout(resolve))
  });
  return { pieces, sent, states, full: () => full };
}
const blob = (size = 1) => new Blob([new Uint8Array(size)]);

test('[RC-5] pieces go in order, one at a time; what the server has is dropped', async () => {
  const { pieces, sent, states } = outgoing(() => 'kept');
  for (let i = 0; i < 3; i++) pieces.add(blob(), i);
  expect(await pieces.drained(1000)).toBe(true);
  expect(sent).toEqual([0, 1, 2]);
  expect(pieces.made).toBe(3);
  expect(states.at(-1)).toEqual({ waiting: 0, offline: false });
});

test('[RC-5] on a lost line a piece waits, the page says so, and it is sent again until the server has it', async () => {
  const { pieces, sent, states } = outgoing((piece, tries) =>
    piece.number === 0 && tries < 4 ? 'later' : 'kept'
  );
  pieces.add(blob(), 0);
  pieces.add(blob(), 1);
  expect(await pieces.drained(1000)).toBe(true);
  expect(sent).toEqual([0, 0, 0, 0, 1]);
  expect(states).toContainEqual({ waiting: 2, offline: true });
});

test('[RC-5] too much that waits is told, and memory grows no further than that', async () => {
  const { pieces, full } = outgoing(() => 'later');
  for (let i = 0; i < mostWaiting; i++) pieces.add(blob(), i);
  expect(full()).toBe(0);
  pieces.add(blob(), mostWaiting);
  expect(full()).toBe(1);
  expect(await pieces.drained(5)).toBe(false);
  const large = outgoing(() => 'later');
  large.pieces.add(blob(49 * 1024 * 1024), 0);
  expect(large.full()).toBe(1);
  await large.pieces.drained(1);
});

test('[RC-4] what the server takes no more is dropped with all that follows', async () => {
  const { pieces, sent } = outgoing((piece) => (piece.number < 2 ? 'kept' : 'over'));
  for (let i = 0; i < 5; i++) pieces.add(blob(), i);
  await pieces.drained(1000);
  pieces.add(blob(), 9);
  expect(sent).toEqual([0, 1, 2]);
  expect(pieces.made).toBe(2);
});
