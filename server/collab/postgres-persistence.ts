import { sql } from 'drizzle-orm';
import { readBoardLog, sealBoardLog } from '#lib/features/board/log.server.ts';
import { appendBoardUpdates, readBoard, writeBoardSnapshot } from '#lib/features/board/store.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { withoutWordsOnPins } from './old-pins.ts';
import type { DocumentKey, Persistence } from './persistence.ts';

/** Boards in Postgres: each call one transaction, in the tenant that owns the document. Appending is one statement. */
export function postgresPersistence(db: Database): Persistence {
  async function asTenant<T>(key: DocumentKey, work: (rows: Tx['rows']) => Promise<T>): Promise<T> {
    return db.transaction(async (rows) => {
      // LOCAL: the setting ends with the transaction and a pooled connection keeps nothing.
      await rows.execute(
        sql`select set_config('app.organisation', ${key.organisationId}, true),
                   set_config('app.actor', 'collab', true), set_config('app.consult', '', true)`
      );
      return work(rows);
    });
  }
  return {
    load: (key) =>
      asTenant(key, async (rows) => {
        const stored = await readBoard(rows, key);
        const bytes = stored && withoutWordsOnPins(stored);
        if (!bytes) return stored;
        await appendBoardUpdates(rows, key, [{ bytes, author: 'system', at: new Date() }]);
        // Anew: another process may have written in between.
        return readBoard(rows, key);
      }),
    append: (key, updates) => appendBoardUpdates(db, key, updates, 'collab_append'),
    since: (key, after, upTo) =>
      asTenant(key, async (rows) => (await readBoardLog(rows, key, after, upTo)).map((row) => row.bytes)),
    snapshot: (key, snapshot) => asTenant(key, (rows) => writeBoardSnapshot(rows, key, snapshot)),
    async seal(key, upTo) {
      // A segment a transaction: none holds what others wait for.
      while (await asTenant(key, (rows) => sealBoardLog(rows, key, upTo)));
    }
  };
}
