import pg from 'pg';

/** Postgres for documents: `peer_update` a log, `peer_state` a state each. @param {string} url */
export async function openStore(url) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  await pool.query(
    'create table if not exists peer_update (id bigserial primary key, name text not null, bytes bytea not null)'
  );
  await pool.query('create index if not exists peer_update_name on peer_update (name, id)');
  await pool.query('create table if not exists peer_state (name text primary key, bytes bytea not null)');
  return pool;
}

/** Answers the bench's questions. @param {() => number} documents */
export function answer(port, documents) {
  process.on('message', () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers, external } = process.memoryUsage();
    process.send?.({ heap: heapUsed + arrayBuffers + external, documents: documents() });
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ listening: port });
}
