import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresFolder } from '../../server/db/embedded.ts';
import { newId } from '#lib/kernel/ids.ts';
import { errorText } from '#lib/ui/error-text.ts';
import { isAlive } from '../../server/launch/processes.ts';
import { demoSignIns } from '../../server/demo/seed.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { answers } from '../support/consent.ts';
import { until } from '../support/until.ts';
import { piecesOf, webmStream } from '../support/webm.ts';

/** More than the app's pool has connections. */
const callers = 16;

describe('a database that loses connections, an app that is killed', { timeout: 300_000 }, () => {
  let app: TestApp;
  let owner: postgres.Sql;
  let cookie: string;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    app = await startApp({ args: ['--no-sfu'] });
    owner = postgres(await ownerUrl(app), { max: 2, onnotice: () => {} });
    cookie = await signIn(app);
  }, 300_000);
  afterAll(async () => {
    await owner?.end();
    await app?.stop();
    for (const stop of stops) await stop();
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

  it('where nobody can be told who asks: the page says so in the language of its reader', async () => {
    await owner`alter table "session" rename to session_gone`;
    const words = await Promise.all(
      ['en', 'zh-CN'].map(async (language) => {
        const page = await fetch(app.origin, {
          headers: { cookie: `${cookie}; PARAGLIDE_LOCALE=${language}` }
        });
        expect(page.status).toBeGreaterThanOrEqual(500);
        return page.text();
      })
    );
    await owner`alter table session_gone rename to session`;
    expect(words[0]).toContain(errorText('internal', 'en'));
    expect(words[1]).toContain(errorText('internal', 'zh-CN'));
    expect((await ask()).status).toBe(200);
  });

  it('[RC-3] [RC-6] kill -9 while it records: what was acknowledged is in the file, and the recording goes on', async () => {
    const expert = await signIn(app, 'zhao@hospital.demo');
    const [consult] = await owner<{ id: string; patient_id: string; requester_id: string }[]>`
      select id, patient_id, requester_id from consult where status = 'requested' limit 1`;
    const { id, patient_id: patientId, requester_id: userId } = consult!;
    const send = (method: string, path: string, body: BodyInit | null, who = cookie) =>
      fetch(app.origin + path, {
        method,
        body,
        headers: { cookie: who, origin: app.origin },
        redirect: 'manual'
      });
    const say = async (method: string, path: string, what: object) => {
      const answer = await send(method, path, new Blob([JSON.stringify(what)], { type: 'application/json' }));
      expect(answer.status).toBe(200);
    };
    expect((await send('POST', `/consults/${id}?/accept`, new FormData(), expert)).status).toBeLessThan(400);
    const agreed = answers({ recording: true });
    await say('POST', `/api/patients/${patientId}/consents`, {
      ...agreed,
      person: { kind: 'patient', id: patientId }
    });
    await say('POST', `/api/consults/${id}/consent`, agreed);
    // Nobody's media here: as the media server would have told it.
    await owner`insert into consult_seat (id, organisation_id, consult_id, identity, name, role, state, changed_at)
      select gen_random_uuid(), organisation_id, id, ${`m:${userId}`}, requester_name, 'requester', 'in-room', now()
        from consult where id = ${id}`;
    const recording = newId();
    const path = `/api/consults/${id}/recording`;
    await say('POST', path, { id: recording, type: 'video/webm' });
    const pieces = piecesOf(webmStream(6), 4);
    const put = (number: number) =>
      send(
        'PUT',
        `${path}?${new URLSearchParams({ recording, number: String(number), until: '0' })}`,
        new Blob([Buffer.from(pieces[number]!)], { type: 'application/octet-stream' })
      );
    for (const number of [0, 1]) expect((await put(number)).status).toBe(200);
    // Two are on their way.
    const cut = Promise.allSettled([put(2), put(3)]);
    await app.kill('SIGKILL');
    await cut;

    const killed = app;
    app = await startApp({ dataDir: killed.dataDir, args: ['--no-sfu'] });
    stops.push(() => killed.stop());
    await owner.end();
    owner = postgres(await ownerUrl(app), { max: 2, onnotice: () => {} });
    // It is still the one that is made: its browser sends again what was not acknowledged, and goes on.
    for (const number of [2, 3]) expect((await put(number)).status).toBe(200);
    await say('PATCH', path, { recording, act: 'alive' });
    const state = async () =>
      (await owner<{ state: string }[]>`select state from consult_recording where id = ${recording}`)[0]!
        .state;
    expect(await state()).toBe('recording');
    await say('PATCH', path, { recording, act: 'stop', reason: 'stopped' });
    await say('PATCH', path, { recording, act: 'finish', pieces: 4 });
    await until(async () => (await state()) === 'ready');
    const file = await send('GET', `${path}?recording=${recording}`, null);
    const bytes = Buffer.from(await file.arrayBuffer());
    for (const piece of pieces.slice(1)) expect(bytes.includes(Buffer.from(piece))).toBe(true);
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

/** The session cookie of somebody of the demo, its dentist unless said otherwise. */
async function signIn(app: TestApp, wanted = 'li@qinghe.demo'): Promise<string> {
  const dentist = demoSignIns().find(({ email }) => email === wanted);
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
