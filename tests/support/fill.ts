import type postgres from 'postgres';

/** SQL by column name, e.g. `{ status: "'requested'", number: "'C' || n" }`; `n` counts the rows from 1. */
export type Columns = Record<string, string>;

interface Column {
  name: string;
  type: string;
}

const anyOf: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  text: "'x' || n",
  timestamptz: "now() - n * interval '1 minute'",
  date: "'1980-01-01'::date",
  int4: 'n',
  int8: 'n',
  bool: 'false',
  jsonb: "'{}'::jsonb",
  bytea: "'\\x00'::bytea",
  _text: "'{}'::text[]",
  _uuid: "'{}'::uuid[]"
};

/**
 * Put `count` rows into `table` without looking at foreign keys: columns that must have a value and are not named
 * get one of their type. For plans and measurements, where only the number and the spread of rows matter.
 * `sql` is a superuser's.
 */
export async function fillTable(
  sql: postgres.Sql,
  table: string,
  count: number,
  named: Columns = {}
): Promise<void> {
  const columns = await sql<Column[]>`
    select a.attname as name, t.typname as type
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped
       and (a.attname = any(${Object.keys(named)}) or (a.attnotnull and not a.atthasdef))
     order by a.attnum`;
  const values = columns.map(({ name, type }) => named[name] ?? anyOf[type] ?? 'null');
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx.unsafe(
      `insert into "${table}" (${names}) select ${values.join(', ')} from generate_series(1, ${count}) as n`
    );
  });
}
