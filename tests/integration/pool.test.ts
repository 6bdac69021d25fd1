import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asAppError } from '#lib/kernel/errors.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { useDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';

const database = useDatabase();
/** Fewer connections than lost ones below: a connection that did not come back would be missed. */
const max = 2;
let owner: postgres.Sql;
let pool: DatabasePool;

beforeAll(async () => {
  owner = postgres(database.ownerUrl, { max: 1, onnotice: () => {} });
  await owner`create table note_of_test (text text)`;
  await owner`grant all on note_of_test to consilium_app`;
  pool = openPool({ url: database.appUrl, max, name: 'pool-test', log: silent });
});
afterAll(async () => {
  await pool.end();
  await owner.end();
});

/** End a backend and wait until the server has no more of it. */
async function terminate(pid: number): Promise<void> {
  await owner`select pg_terminate_backend(${pid})`;
  await until(async () => (await owner`select from pg_stat_activity where pid = ${pid}`).length === 0);
}
const codeOf = (error: unknown) => asAppError(error)?.code ?? error;
const written = async () => (await owner`select text from note_of_test`).map((row) => row['text'] as string);

it('a backend that dies between two statements fails that transaction only, and nothing of it is kept', async () => {
  for (let i = 0; i < max * 3; i++) {
    const lost = pool.db.transaction(async (tx) => {
      await tx.execute(sql`insert into note_of_test values ('before')`);
      const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await terminate(rows[0]!.pid);
      await tx.execute(sql`insert into note_of_test values ('after')`);
    });
    expect(await lost.catch(codeOf)).toBe('unavailable');
  }
  await pool.db.transaction((tx) => tx.execute(sql`insert into note_of_test values ('next')`));
  expect(await written()).toEqual(['next']);
});

it('a transaction that swallows the loss and goes on writes nothing elsewhere', async () => {
  await owner`truncate note_of_test`;
  const lost = pool.db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await terminate(rows[0]!.pid);
    for (let i = 0; i < 3; i++)
      await tx.execute(sql`insert into note_of_test values ('after')`).catch(() => undefined);
  });
  expect(await lost.catch(codeOf)).toBe('unavailable');
  expect(await written()).toEqual([]);
});

it('a single statement whose backend dies is unavailable too; idle connections that died are replaced', async () => {
  const slow = pool.db.execute(sql`select pg_sleep(60)`).catch(codeOf);
  const sleeper = async () =>
    (
      await owner`select pid from pg_stat_activity where application_name = 'pool-test' and wait_event = 'PgSleep'`
    )[0];
  await until(async () => (await sleeper()) !== undefined);
  await terminate((await sleeper())!['pid'] as number);
  expect(await slow).toBe('unavailable');

  await Promise.all(Array.from({ length: max }, () => pool.db.execute(sql`select pg_sleep(0.05)`)));
  for (const row of await owner`select pid from pg_stat_activity where application_name = 'pool-test'`)
    await terminate(row['pid'] as number);
  await until(async () =>
    pool.db
      .transaction((tx) => tx.execute(sql`select 1`))
      .then(
        () => true,
        () => false
      )
  );
});

it('[TE-3] a mistake in a statement stays what it is, and an error of the work rolls back', async () => {
  await owner`truncate note_of_test`;
  const mistake = pool.db.transaction((tx) => tx.execute(sql`select * from no_such_table`));
  await expect(mistake).rejects.toMatchObject({ cause: { code: '42P01' } });
  const refused = pool.db.transaction(async (tx) => {
    await tx.execute(sql`insert into note_of_test values ('refused')`);
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  expect(await written()).toEqual([]);
});

it('a database nobody answers for is unavailable', async () => {
  const nobody = openPool({ url: 'postgres://a:b@127.0.0.1:1/c', max: 1, log: silent });
  try {
    expect(await nobody.db.transaction((tx) => tx.execute(sql`select 1`)).catch(codeOf)).toBe('unavailable');
    expect(await nobody.db.execute(sql`select 1`).catch(codeOf)).toBe('unavailable');
  } finally {
    await nobody.end();
  }
});
