import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresFolder } from '../../server/db/embedded.ts';
import { isAlive } from '../../server/launch/processes.ts';
import { demoSignIns } from '../../server/demo/seed.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { until } from '../support/until.ts';

/** More than the app's pool has connections. */
const callers = 16;

describe('a database that loses connections', { timeout: 300_000 }, () => {
  let app: TestApp;
  let owner: postgres.Sql;
  let cookie: string;

  beforeAll(async () => {
    app = await startApp({ args: ['--no-sfu'] });
    owner = postgres(await ownerUrl(app), { max: 2, onnotice: () => {} });
    cookie = await signIn(app);
  }, 300_000);
  afterAll(async () => {
    await owner?.end();
    await app?.stop();
  });

  const ask = () => fetch(`${app.origin}/api/search?q=`, { headers: { cookie } });

  it('mid-transaction: those calls fail as unavailable, the app stays up, every connection comes back', async () => {
    expect((await ask()).status).toBe(200);
    for (let round = 1; round <= 3; round++) {
      let answers: Promise<Response>[] = [];
      await owner.begin(async (sql) => {
        await sql`lock table patient in access exclusive mode`;
        answers = Array.from({ length: callers }, ask);
        await until(async () => (await waiting()).length >= callers / 2);
        // Those that queue for a connection get a new one and wait for the lock in their turn.
        for (let pids = await waiting(); pids.length > 0; pids = await waiting())
          for (const pid of pids) await owner`select pg_terminate_backend(${pid})`;
      });
      const outcomes = await Promise.all(answers.map(async (answer) => read(await answer)));
      expect(outcomes.filter((o) => o.status === 503 && o.code === 'unavailable').length).toBeGreaterThan(0);
      expect(outcomes.filter((o) => o.status !== 200 && o.code !== 'unavailable')).toEqual([]);

      const after = await Promise.all(Array.from({ length: callers * 2 }, ask));
      expect(after.map((answer) => answer.status)).toEqual(after.map(() => 200));
    }
    expect(await isAlive(app.pid)).toBe(true);
    expect(await app.log()).not.toMatch(/uncaught error|Cannot read properties/);
  });

  /** Backends of the app that wait for the table's lock, inside a transaction. */
  async function waiting(): Promise<number[]> {
    const rows = await owner<{ pid: number }[]>`
      select pid from pg_stat_activity where application_name = 'consilium' and wait_event_type = 'Lock'`;
    return rows.map((row) => row.pid);
  }
});

async function read(response: Response): Promise<{ status: number; code: unknown }> {
  const body = (await response.json()) as { code?: unknown };
  return { status: response.status, code: body.code };
}

async function ownerUrl(app: TestApp): Promise<string> {
  const folder = await postgresFolder(app.dataDir);
  const { port, password } = JSON.parse(await readFile(join(folder, 'access.json'), 'utf8')) as {
    port: number;
    password: string;
  };
  return `postgres://postgres:${password}@127.0.0.1:${port}/consilium`;
}

/** The session cookie of the demo's dentist. */
async function signIn(app: TestApp): Promise<string> {
  const [dentist] = demoSignIns();
  const answer = await fetch(`${app.origin}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: app.origin },
    body: new URLSearchParams({ email: dentist!.email, password: dentist!.password })
  });
  if (answer.headers.getSetCookie().length === 0) throw new Error(`not signed in: ${answer.status}`);
  return answer.headers
    .getSetCookie()
    .map((header) => header.split(';', 1)[0])
    .join('; ');
}
