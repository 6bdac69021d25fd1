import { hkdfSync, randomBytes } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { FieldPlace } from '#lib/kernel/ports.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { auditConsult } from './audit.server.ts';
import { encryptionView, stillHere, withSeat, type CallEncryption } from './encryption.ts';
import { factsOf, rowOf, type EncryptionRow } from './encryption-state.server.ts';
import { callEncryptions } from './encryption-tables.server.ts';
import { mayModerate } from './policy.server.ts';
import { consultChanged, openConsult, type ConsultRow } from './read.server.ts';
import { consultSeats } from './tables.server.ts';

const keyBytes = 32;

/**
 * [CN-80] [CN-82] What goes with a ticket: where encryption stands, and its key for whoever may sit in the call and can
 * use it. Taking the seat (`takes`) with a browser that cannot turns it off for all, who are told.
 * The caller has checked that the actor may sit there.
 */
export async function encryptionForSeat(
  call: Pick<Call<'fields'>, 'fields'>,
  tx: Tx,
  consult: ConsultRow,
  seat: { identity: string; name: string; can: boolean; takes: boolean }
): Promise<CallEncryption> {
  let row = await lockedRow(call, tx, consult);
  if (seat.takes) {
    const cannot = withSeat(row.cannot, { ...seat, at: tx.now });
    if (!seat.can || cannot.length !== row.cannot.length) row = await change(tx, consult, row, { cannot });
  }
  const view = encryptionView(await factsOf(tx, consult.id, row));
  return { ...view, key: view.on && seat.can ? await keyOf(call, row) : null };
}

/** [CN-81] A host turns it on or off. @throws AppError `forbidden`, `not_found`, `call_cannot_encrypt` {name} */
export async function chooseEncryption(
  call: Call<'fields', MemberActor>,
  consultId: string,
  on: boolean
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    const row = await lockedRow(call, tx, consult);
    const cannot = stillHere(row.cannot, { inRoom: await inRoom(tx, consultId), now: tx.now });
    if (on && cannot[0]) throw fail('call_cannot_encrypt', { name: cannot[0].name });
    await change(tx, consult, row, { cannot, choice: on, choiceByName: call.actor.name });
  });
}

/**
 * [CN-82] Somebody has left, or was sent out: who is still there gets a new key, which the old ones say nothing of.
 * With the last one, whoever could not encrypt has gone too.
 */
export async function renewKey(tx: Tx, consultId: string): Promise<void> {
  const row = await rowOf(tx, consultId, 'update');
  if (!row) return;
  const there = await inRoom(tx, consultId);
  const to = {
    epoch: row.epoch + 1,
    cannot: there.size === 0 ? stillHere(row.cannot, { inRoom: there, now: tx.now }) : row.cannot
  };
  await tx.rows.update(callEncryptions).set(to).where(eq(callEncryptions.id, row.id));
  if (encryptionView(await factsOf(tx, consultId, { ...row, ...to })).on)
    await consultChanged(tx, consultId, 'call.encryption');
}

async function change(
  tx: Tx,
  consult: ConsultRow,
  row: EncryptionRow,
  to: Partial<Pick<EncryptionRow, 'cannot' | 'choice' | 'choiceByName'>>
): Promise<EncryptionRow> {
  const before = encryptionView(await factsOf(tx, consult.id, row));
  const now = { ...row, ...to };
  await tx.rows.update(callEncryptions).set(to).where(eq(callEncryptions.id, row.id));
  const { on, why } = encryptionView(await factsOf(tx, consult.id, now));
  if (on === before.on && why === before.why) return now;
  await auditConsult(tx, consult, 'room.encryption', { on, why });
  await consultChanged(tx, consult.id, 'call.encryption');
  // [RC-16] What the media server records would be noise from here on.
  if (on) await tx.live({ topic: 'recordings', name: 'call.encryption' });
  return now;
}

/** Held until the transaction ends, made where there is none. */
async function lockedRow(
  { fields }: Pick<Call<'fields'>, 'fields'>,
  tx: Tx,
  consult: ConsultRow
): Promise<EncryptionRow> {
  const found = await rowOf(tx, consult.id, 'update');
  if (found) return found;
  const made = { id: newId(), organisationId: consult.organisationId, consultId: consult.id };
  const secret = await fields.seal(placeOf(made), randomBytes(keyBytes).toString('base64url'));
  await tx.rows
    .insert(callEncryptions)
    .values({ ...made, secret })
    .onConflictDoNothing();
  const row = await rowOf(tx, consult.id, 'update');
  if (!row) throw fail('not_found');
  return row;
}

async function inRoom(tx: Tx, consultId: string): Promise<Set<string>> {
  const seats = await tx.rows
    .select({ identity: consultSeats.identity })
    .from(consultSeats)
    .where(and(eq(consultSeats.consultId, consultId), eq(consultSeats.state, 'in-room')));
  return new Set(seats.map(({ identity }) => identity));
}

/** HKDF-SHA-256 of the call's secret; no key tells anything of another. */
async function keyOf({ fields }: Pick<Call<'fields'>, 'fields'>, row: EncryptionRow): Promise<string> {
  const secret = Buffer.from(await fields.open(placeOf(row), row.secret), 'base64url');
  const info = `consilium call key ${row.epoch}`;
  return Buffer.from(hkdfSync('sha256', secret, row.consultId, info, keyBytes)).toString('base64url');
}

function placeOf({ id, organisationId }: { id: string; organisationId: string }): FieldPlace {
  return { organisationId, table: 'call_encryption', column: 'secret', rowId: id };
}
