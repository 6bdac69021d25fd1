import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';

/**
 * A transaction over the tables of sign-in, which belong to no organisation and which only role
 * `consilium_system` reaches; its audit goes to the organisation the person acts in.
 */
export function asSystem<T>(call: Call<'systemDb'>, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction({ ...call, db: call.systemDb }, work);
}
