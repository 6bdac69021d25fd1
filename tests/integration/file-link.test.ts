import { beforeAll, describe, expect, test } from 'vitest';
import postgres from 'postgres';
import type { Actor } from '#lib/kernel/actor.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { makeFileLink, readByLink } from '#lib/features/imaging/file-link.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { GET } from '../../src/routes/files/[token]/+server.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const bytes = fixtureDicom();
let imageId: string;

beforeAll(async () => {
  async function* once() {
    yield bytes;
  }
  const input = { patientId: world.patientId, fileName: 'x', confirmOtherPatient: true, source: once() };
  imageId = (await uploadImage(world.as(world.people.li), input)).image.id;
});

const link = async (actor: Actor) => (await makeFileLink(world.as(actor), imageId)).path.split('/').at(-1)!;
const request = { id: 'test', ip: '192.0.2.7' };
/** The route, without any session. */
const take = (token: string, services = world.services) =>
  GET({ params: { token }, locals: { services, request } } as unknown as Parameters<typeof GET>[0]);
const code = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code
  );
async function inDatabase<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(world.database.ownerUrl, { max: 1 });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

describe('a signed address', () => {
  test('[IM-27] gives the file without a cookie, as an attachment that nothing runs', async () => {
    const response = await take(await link(world.people.li));
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
    const { headers } = response;
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="panoramic-/);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('[IM-27] is made only for whoever may take the file away', async () => {
    const { reception, boss, wang, stranger } = world.people;
    for (const actor of [reception, boss])
      expect(await code(makeFileLink(world.as(actor), imageId))).toBe('forbidden');
    for (const actor of [wang, stranger])
      expect(await code(makeFileLink(world.as(actor), imageId))).toBe('not_found');
  });

  test('[IM-27] one changed letter anywhere, and it is no address', async () => {
    const token = await link(world.people.li);
    const other = (letter: string) => (letter === '1' ? '2' : '1');
    for (let i = 0; i < token.length; i += 3) {
      const changed = token.slice(0, i) + other(token[i]!) + token.slice(i + 1);
      expect((await take(changed)).status).toBe(404);
    }
    for (const odd of ['', '....', token.slice(0, -1), `${token}0`, token.toUpperCase(), 'x'.repeat(9000)])
      expect((await take(odd)).status).toBe(404);
    const elsewhere = token.replace(world.people.li.organisationId, world.people.stranger.organisationId);
    expect((await take(elsewhere)).status).toBe(404);
  });

  test('[IM-27] ends after five minutes', async () => {
    const token = await link(world.people.li);
    const in5 = (ms: number) => ({ now: () => new Date(Date.now() + 5 * 60_000 + ms) });
    expect((await take(token, { ...world.services, clock: in5(-10_000) })).status).toBe(200);
    expect((await take(token, { ...world.services, clock: in5(1) })).status).toBe(404);
  });

  test('[IM-27] ends with its person’s membership; making and taking are audited', async () => {
    const { nurse } = world.people;
    const token = await link(nurse);
    const answer = await readByLink({ ...world.services, request }, token);
    for await (const part of answer.stream) expect(part.length).toBeGreaterThan(0);
    await inDatabase(async (sql) => {
      const events = await sql<{ action: string; detail: object; actor_id: string }[]>`
        select action, detail, actor_id from audit_event where subject_id = ${imageId} order by number desc limit 2`;
      expect(events).toMatchObject([
        { action: 'image.download', detail: { by: nurse.userId } },
        { action: 'image.read', detail: { part: 'original' }, actor_id: nurse.userId }
      ]);
      await sql`update member set revoked_at = now() where id = ${nurse.memberId}`;
    });
    expect((await take(token)).status).toBe(404);
  });
});
