import { sql, type SQL } from 'drizzle-orm';
import type { FieldCipher, FieldPlace } from '#lib/kernel/ports.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { sealedLike } from './sealed-form.ts';
import type { SealedColumn, SealedTable } from './sealed-tables.ts';

export const batchRows = 200;
type Row = Record<string, string | null> & { id: string; organisation_id: string };
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

const isPlain = ({ column }: SealedColumn) =>
  sql`(${sql.identifier(column)} is not null and ${sql.identifier(column)} not like ${sealedLike()})`;
const isUnderAnother = (keyId: string) => (sealed: SealedColumn) =>
  sql`(${sql.identifier(sealed.column)} like ${sealedLike()}
       and ${sql.identifier(sealed.column)} not like ${sealedLike(keyId)})`;
const anyOf = (conditions: SQL[]) => sql.join(conditions, sql` or `);

interface Work {
  /** Role consilium_system. */
  systemDb: Database;
  fields: FieldCipher;
  table: SealedTable;
}

/** Seal up to `batchRows` rows that still hold plain values. @returns how many there were; 0: none is left */
export function sealPlainBatch({ systemDb, fields, table }: Work): Promise<number> {
  return changeBatch({ systemDb, fields, table }, anyOf(table.columns.map(isPlain)), async (place, value) =>
    value.startsWith(sealedLike().slice(0, -1)) ? fields.open(place, { sealed: value }) : value
  );
}

/** Seal up to `batchRows` rows of one organisation under its current key. @returns how many there were */
export function resealBatch(
  { systemDb, fields, table }: Work,
  organisationId: string,
  currentKeyId: string
): Promise<number> {
  const where = sql`organisation_id = ${organisationId} and (${anyOf(table.columns.map(isUnderAnother(currentKeyId)))})`;
  return changeBatch({ systemDb, fields, table }, where, (place, value) =>
    fields.open(place, { sealed: value })
  );
}

/** How many values of an organisation each key still opens. */
export async function keyUseOfRows(
  systemDb: Database,
  table: SealedTable,
  organisationId: string
): Promise<Map<string, number>> {
  const use = new Map<string, number>();
  for (const { column } of table.columns) {
    const { rows } = await systemDb.execute<{ key: string; n: string }>(
      sql`select split_part(${sql.identifier(column)}, '.', 2) as key, count(*) as n from ${sql.identifier(table.table)}
           where organisation_id = ${organisationId} and ${sql.identifier(column)} is not null group by 1`
    );
    for (const { key, n } of rows) use.set(key, (use.get(key) ?? 0) + Number(n));
  }
  return use;
}

/** Rows are locked while they are changed, so that a writer's newer value is never overwritten. */
function changeBatch(
  { systemDb, fields, table }: Work,
  where: SQL,
  plainOf: (place: FieldPlace, value: string) => Promise<string>
): Promise<number> {
  return systemDb.transaction(async (tx) => {
    const columns = sql.join(
      table.columns.map(({ column }) => sql.identifier(column)),
      sql`, `
    );
    const { rows } = await tx.execute<Row>(
      sql`select id, organisation_id, ${columns} from ${sql.identifier(table.table)}
           where ${where} order by id limit ${batchRows} for update`
    );
    for (const row of rows) await changeRow(tx, { fields, table, row, plainOf });
    return rows.length;
  });
}

async function changeRow(
  tx: Transaction,
  {
    fields,
    table,
    row,
    plainOf
  }: {
    fields: FieldCipher;
    table: SealedTable;
    row: Row;
    plainOf: (place: FieldPlace, value: string) => Promise<string>;
  }
): Promise<void> {
  const sets: SQL[] = [];
  for (const { column, index } of table.columns) {
    const value = row[column];
    if (value == null) continue;
    const place = { organisationId: row.organisation_id, table: table.table, column, rowId: row.id };
    const plain = await plainOf(place, value);
    sets.push(sql`${sql.identifier(column)} = ${(await fields.seal(place, plain)).sealed}`);
    if (index)
      sets.push(
        sql`${sql.identifier(index.column)} = ${(await fields.index(place, index.normal(plain)))[0]}`
      );
  }
  await tx.execute(
    sql`update ${sql.identifier(table.table)} set ${sql.join(sets, sql`, `)} where id = ${row.id}`
  );
}
