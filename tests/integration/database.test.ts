import postgres from 'postgres';
import { expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

it('every test file has a database of its own', async () => {
  const sql = postgres(database.ownerUrl, { max: 1 });
  try {
    expect(await sql`select current_database() as name`).toEqual([{ name: database.name }]);
  } finally {
    await sql.end();
  }
});
