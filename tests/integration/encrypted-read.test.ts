import { expect, test } from 'vitest';
import { encryptedRead } from '../bench/trust/encrypted-read.ts';
import { silent } from '../support/silent.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

// How fast it is, the bench says; here only that it measures what it says.
test('the bench of encrypted reads reads every patient twice and gives a ratio', async () => {
  const { db, systemDb } = world.services;
  const result = await encryptedRead({
    db,
    systemDb,
    dataDir: world.folder,
    log: silent,
    rows: 50,
    pairs: 20
  });
  expect(result.opened).toHaveLength(result.unopened.length);
  expect(result.p95Ratio).toBeGreaterThan(0);
});
