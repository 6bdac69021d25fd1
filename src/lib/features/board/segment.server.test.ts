import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { packUpdates, unpackUpdates } from './segment.server.ts';
import type { LoggedUpdate } from './store.server.ts';

function drawn(count: number): LoggedUpdate[] {
  const doc = new Y.Doc();
  const rows: LoggedUpdate[] = [];
  doc.on('update', (bytes: Uint8Array) => {
    // Clocks of two servers differ.
    const at = new Date(1_700_000_000_000 + rows.length * 53 - (rows.length % 3) * 200);
    rows.push({ number: 41 + rows.length, author: rows.length % 2 ? 'li' : '王', at, bytes });
  });
  for (let i = 0; i < count; i++) doc.getMap('records').set(`shape:${i % 20}`, { x: i, text: '远中邻面' });
  return rows;
}

test('[BD-9] a packed log comes back as it was: numbers, authors, times, every byte', async () => {
  for (const rows of [drawn(1), drawn(300)]) {
    const back = await unpackUpdates(await packUpdates(rows));
    expect(back.map(({ bytes, ...row }) => ({ ...row, bytes: [...bytes] }))).toEqual(
      rows.map(({ bytes, ...row }) => ({ ...row, bytes: [...bytes] }))
    );
  }
});

test('[BD-9] it takes less than a third of the space', async () => {
  const rows = drawn(300);
  const packed = await packUpdates(rows);
  expect(packed.byteLength).toBeLessThan(rows.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) / 3);
});

test('[BD-9] what is damaged is not taken for a log', async () => {
  const packed = await packUpdates(drawn(10));
  await expect(unpackUpdates(packed.subarray(0, packed.length - 5))).rejects.toThrow();
});
