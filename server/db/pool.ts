import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Database } from '#lib/features/tenancy/call.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import { createStatementNames } from './statement-names.ts';

export interface DatabasePool {
  db: Database;
  /** Waits for what is under way, within a grace. */
  end(): Promise<void>;
}

const connectWithinMs = 30_000;
const endWithinMs = 5_000;
/** A connection is replaced now and then, so that what a server session gathers does not grow for ever. */
const lifetimeSeconds = 45 * 60;

/**
 * Connections of one role. Losing one (a backend that dies, a database that restarts) fails the call that
 * used it with `unavailable`; the next call gets another connection. Nothing of it reaches the process.
 */
export function openPool({
  url,
  max,
  name = 'consilium',
  log
}: {
  url: string;
  /** Connections at the same time. */
  max: number;
  /** As the database shows it in pg_stat_activity. */
  name?: string;
  log: Logger;
}): DatabasePool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: name,
    idleTimeoutMillis: 0,
    maxLifetimeSeconds: lifetimeSeconds,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    // Statements that wait for nothing go out together (tenancy/transaction.server.ts).
    pipeline: true
  });
  let ending = false;
  const told = (error: Error) => {
    // The pool counts connections as ended before they are: a database that stops right after is no news.
    if (!ending) log.warn({ pool: name, code: codeOf(error) }, 'a database connection was lost');
  };
  pool.on('error', told);
  const { nameOf } = createStatementNames();
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (statement: unknown, values?: unknown, ...rest: unknown[]) =>
        query(
          Array.isArray(values) && values.length > 0 ? named(statement, nameOf) : statement,
          values,
          ...rest
        )
    });
  });
  // Single statements go through here; Drizzle calls it with a promise in mind, never a callback.
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  Object.assign(pool, {
    query: (...args: unknown[]) =>
      query(...args).catch((error: unknown) => {
        throw isConnectionLoss(error) ? fail('unavailable', {}, error) : error;
      })
  });

  /** As Drizzle's, and: the connection comes back to the pool whatever happens, or is dropped when lost. */
  async function transaction<T>(
    work: Parameters<Database['transaction']>[0] extends (tx: infer X) => unknown
      ? (tx: X) => Promise<T>
      : never,
    config?: Parameters<Database['transaction']>[1]
  ): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => {
      throw isConnectionLoss(error) ? fail('unavailable', {}, error) : error;
    });
    let lost: Error | null = null;
    // Without a listener Node would end the process.
    const onError = (error: Error) => {
      lost ??= error;
      told(error);
    };
    client.on('error', onError);
    try {
      return await drizzle(client).transaction(work, config);
    } catch (error) {
      if (lost === null && isConnectionLoss(error)) lost = error as Error;
      if (lost === null) throw error;
      throw asAppError(error) ?? fail('unavailable', {}, error);
    } finally {
      client.removeListener('error', onError);
      client.release(lost ?? undefined);
    }
  }

  return {
    db: Object.assign(drizzle(pool), { transaction }),
    async end() {
      ending = true;
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((done) => (timer = setTimeout(done, endWithinMs)));
      await Promise.race([pool.end(), patience]);
      clearTimeout(timer);
    }
  };
}

/** A statement as Drizzle hands it over, with the name it is prepared under. */
function named(statement: unknown, nameOf: (text: string) => string | undefined): unknown {
  if (typeof statement !== 'object' || statement === null) return statement;
  if (!('text' in statement) || typeof statement.text !== 'string') return statement;
  const name = nameOf(statement.text);
  return name ? { ...statement, name } : statement;
}

/** SQLSTATEs of a session that ended or could not begin, beside class 08. */
const lossStates = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '53300']);
const lossCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);
/** The driver names these in words only. */
const lossWords =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** True where `error` says that there is no connection any more, or none to be had. */
export function isConnectionLoss(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    const code = codeOf(e);
    if (code !== null && (lossStates.has(code) || lossCodes.has(code) || /^08[0-9A-Z]{3}$/.test(code)))
      return true;
    if (lossWords.test(e.message)) return true;
  }
  return false;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
