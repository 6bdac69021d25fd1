import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { eq } from 'drizzle-orm';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import { openContact, sealContact } from '#lib/features/patients/contact.server.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { composeKeys } from '../../../server/compose-keys.ts';
import { median, percentile } from '../figures.ts';
import type { Part } from './part.ts';

/** Reads of each kind in one pair: a p95 of fewer is a matter of luck. */
const readsAPair = 100;

/** `encrypted_read_p95_ratio`: the median over the pairs of p95 with decryption ÷ p95 without. */
export const encryptedReadPart: Part = async ({ pairs, say, ...options }) => {
  say(`encrypted read: ${options.rows} patients`);
  const { opened, unopened, p95Ratio } = await encryptedRead({ ...options, pairs: pairs * readsAPair });
  return {
    rows: [
      { name: 'patient read, opened (µs)', samples: opened.map((ms) => ms * 1000) },
      { name: 'patient read, not opened (µs)', samples: unopened.map((ms) => ms * 1000) }
    ],
    figures: [{ name: 'encrypted_read_p95_ratio', value: p95Ratio, unit: 'ratio' }]
  };
};

/**
 * How much decryption adds to reading one patient: the same transaction and row, with the four contact values
 * opened and without, in turn.
 * @returns milliseconds of each read, and the median over runs of 100 pairs of p95 with ÷ p95 without
 */
export async function encryptedRead(options: {
  db: Database;
  systemDb: Database;
  dataDir: string;
  log: Logger;
  /** Patients in the table. */
  rows: number;
  /** Pairs of reads. */
  pairs: number;
}): Promise<{ opened: number[]; unopened: number[]; p95Ratio: number }> {
  const { db, systemDb, dataDir, log, rows, pairs } = options;
  const masterKey = randomBytes(32);
  const { fields } = composeKeys({
    config: { dataDir, masterKey, olderMasterKeys: [], vault: null },
    localKeys: [masterKey],
    db,
    systemDb,
    clock: systemClock,
    log
  });
  const organisationId = newId();
  const actor = { kind: 'system' as const, organisationId, reason: 'bench' };
  const call = { db, clock: systemClock, actor, request: { id: 'bench', ip: 'local' } };
  const ids = await fill();

  const read = async (open: boolean, id: string): Promise<number> => {
    const began = performance.now();
    await inTransaction(call, async (tx) => {
      const [row] = await tx.rows.select().from(patients).where(eq(patients.id, id));
      if (!row) throw new Error('a patient of the bench is missing');
      if (!open) return;
      for (const name of ['phone', 'email', 'nationalId', 'address'] as const)
        await openContact(fields, row, name);
    });
    return performance.now() - began;
  };
  const opened: number[] = [];
  const unopened: number[] = [];
  const warmUp = Math.min(200, pairs);
  for (let i = -warmUp; i < pairs; i++) {
    const id = ids[(Math.abs(i) * 7919) % ids.length]!;
    // The first of a pair finds the row less warm: they take turns.
    const first = i % 2 === 0;
    const [a, b] = [await read(first, id), await read(!first, id)];
    if (i < 0) continue;
    opened.push(first ? a : b);
    unopened.push(first ? b : a);
  }
  const ratios: number[] = [];
  for (let at = 0; at < opened.length; at += readsAPair) {
    const p95 = (samples: readonly number[]) => percentile(samples.slice(at, at + readsAPair), 95);
    ratios.push(p95(opened) / p95(unopened));
  }
  return { opened, unopened, p95Ratio: median(ratios) };

  async function fill(): Promise<string[]> {
    const clinicId = newId();
    const made: string[] = [];
    await inTransaction(call, async (tx) => {
      const name = 'bench';
      await tx.rows.insert(organisations).values({ id: organisationId, name, nameEn: name, kind: 'clinic' });
      await tx.rows.insert(clinics).values({ id: clinicId, organisationId, name, nameEn: name });
    });
    for (let at = 0; at < rows; at += 500) {
      const batch = await Promise.all(
        Array.from({ length: Math.min(500, rows - at) }, async (_, i) => {
          const row = { id: newId(), organisationId };
          const number = at + i;
          const contact = {
            phone: `139${String(number).padStart(8, '0')}`,
            email: `p${number}@example.org`,
            nationalId: `E${String(number).padStart(8, '0')}`,
            address: '清河镇人民路 1 号'
          };
          return {
            ...row,
            ...(await sealContact(fields, row, contact)),
            clinicId,
            number: `B${number}`,
            name: '甲',
            sex: 'unknown' as const,
            birthDate: '1980-01-01'
          };
        })
      );
      await inTransaction(call, async (tx) => void (await tx.rows.insert(patients).values(batch)));
      made.push(...batch.map((row) => row.id));
    }
    return made;
  }
}
