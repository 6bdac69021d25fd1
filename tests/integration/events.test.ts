import { createHash } from 'node:crypto';
import type { RequestEvent } from '@sveltejs/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthSession } from '#lib/kernel/ports.ts';
import { isForPatient } from '#lib/features/consults/news.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { GET } from '../../src/routes/api/events/+server.ts';
import { createLiveFeed } from '../../server/adapters/live-feed.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { useDatabase } from '../support/database.ts';
import { silent } from '../support/silent.ts';

const database = useDatabase();
const { owner } = database;
let app: DatabasePool;
let system: DatabasePool;
let live: Awaited<ReturnType<typeof createLiveFeed>>;
let services: Services;
let session: AuthSession | null;

const organisationId = newId();
const userId = newId();
const memberId = newId();
const consultId = newId();

beforeAll(async () => {
  app = openPool({ url: database.appUrl, max: 3, log: silent });
  system = openPool({ url: database.systemUrl, max: 3, log: silent });
  live = await createLiveFeed({ url: database.systemUrl, log: silent });
  const [clinicId, patientId] = [newId(), newId()];
  await owner`insert into organisation (id, name, name_en, kind) values (${organisationId}, '清河', 'Qinghe', 'clinic')`;
  await owner`insert into clinic (id, organisation_id, name, name_en) values (${clinicId}, ${organisationId}, '清河', 'Qinghe')`;
  await owner`insert into patient (id, organisation_id, clinic_id, number, name, sex, birth_date, phone)
              values (${patientId}, ${organisationId}, ${clinicId}, 'P1', '王秀英', 'female', '1959-03-01', '13800000000')`;
  await owner`insert into "user" (id, name, email) values (${userId}, '李', 'li@example.org')`;
  await owner`insert into member (id, organisation_id, user_id, role, name) values (${memberId}, ${organisationId}, ${userId}, 'dentist', '李')`;
  await owner`insert into consult (id, organisation_id, number, patient_id, status, mode, urgency, answer_by, specialty, teeth,
      question, requester_id, requester_name, requester_organisation_name, expert_organisation_id, expert_organisation_name)
    values (${consultId}, ${organisationId}, 'HZ-1', ${patientId}, 'requested', 'async', 'routine', now(), 'endodontics',
      '{36}', '?', ${userId}, '李', '清河', ${newId()}, '市口腔医院')`;
  session = {
    sessionId: 's',
    userId,
    name: '李',
    email: 'li@example.org',
    expiresAt: new Date(Date.now() + 60_000),
    lastSeenAt: new Date(),
    confirmedAt: null,
    memberId
  };
  services = {
    db: app.db,
    systemDb: system.db,
    clock: { now: () => new Date() },
    live,
    log: silent,
    auth: { session: () => Promise.resolve(session) }
  } as unknown as Services;
});
afterAll(async () => {
  await live.close();
  await Promise.all([app.end(), system.end()]);
});

async function open(query = '', cookie?: string): Promise<Response> {
  const request = new Request(`http://localhost/api/events${query}`);
  const event = {
    url: new URL(request.url),
    request,
    cookies: { get: () => cookie },
    locals: { services, request: { id: 'test', ip: '127.0.0.1' } }
  } as unknown as RequestEvent;
  return GET(event as Parameters<typeof GET>[0]);
}

/** Reads until `part` has come, or until the stream ends; what was read. */
function reader(response: Response) {
  const source = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let ended = false;
  const pump = (async () => {
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    ended = true;
  })();
  const until = async (look: () => boolean) => {
    const end = Date.now() + 8_000;
    while (!look()) {
      if (Date.now() > end) throw new Error(`did not come; read so far: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    return text;
  };
  return {
    untilText: (part: string) => until(() => text.includes(part)),
    untilEnd: () => until(() => ended),
    close: async () => {
      await source.cancel();
      await pump;
    }
  };
}

describe('[NO-11] the event stream', () => {
  it("carries a person's own news in words, and a consult's as a name", async () => {
    const stream = reader(await open(`?consult=${consultId}`));
    const notificationId = newId();
    await owner`insert into notification (id, organisation_id, user_id, kind, consult_id, data, event_id)
                values (${notificationId}, ${organisationId}, ${userId}, 'consult.accepted', ${consultId}, '{"number":"HZ-1","expert":"陈"}', ${newId()})`;
    await live.publish({ topic: `user:${userId}`, name: 'notification', data: { id: notificationId } });
    await live.publish({ topic: `consult:${consultId}`, name: 'consult.accepted' });
    await live.publish({ topic: `user:${newId()}`, name: 'notification', data: { id: notificationId } });
    const text = await stream.untilText('event: consult\n');
    expect(text).toContain('retry: 2000');
    expect(text).toContain('data: {"name":"consult.accepted"}');
    expect(await stream.untilText('event: notification')).toContain('"title":"陈 已接受会诊"');
    await stream.close();
  });

  it('says at once that a consult changed since the page was read, to whom it concerns', async () => {
    const topic = `consult:${consultId}` as const;
    // Later than all that the test before this one told of the same consult, the same millisecond counting as since.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const before = new Date();
    const passed = reader(await open(`?consult=${consultId}`));
    await live.publish({ topic, name: 'consult.said' });
    expect(await passed.untilText('consult.said')).not.toContain('missed');
    await passed.close();
    const late = reader(await open(`?consult=${consultId}&since=${before.getTime()}`));
    expect(await late.untilText('event: consult')).toContain('data: {"name":"missed"}');
    await late.close();
    const staff = () => true;
    expect(live.toldSince(topic, before, staff)).toBe(true);
    expect(live.toldSince(topic, before, isForPatient)).toBe(false);
    expect(live.toldSince(`consult:${newId()}`, before, staff)).toBe(false);
    expect(live.toldSince(topic, new Date(Date.now() + 1), staff)).toBe(false);
    // From before this process listened, or longer ago than it remembers: nobody knows.
    expect(live.toldSince(`consult:${newId()}`, new Date(before.getTime() - 600_000), isForPatient)).toBe(
      true
    );
  });

  it('[CN-12] tells a patient what concerns their visit, and not that staff write to each other', async () => {
    const [inviteId, secret] = [newId(), 'secret of a visit'];
    const hash = createHash('sha256').update(secret).digest('hex');
    await owner`insert into consult_invite (id, organisation_id, consult_id, patient_id, token_hash, expires_at, created_by_id)
                select ${inviteId}, organisation_id, id, patient_id, ${newId()}, now() + interval '1 hour', requester_id
                  from consult where id = ${consultId}`;
    await owner`insert into visit_session (id, organisation_id, consult_id, invite_id, token_hash, expires_at)
                values (${newId()}, ${organisationId}, ${consultId}, ${inviteId}, ${hash}, now() + interval '1 hour')`;
    const kept = session;
    session = null;
    const stream = reader(await open(`?consult=${consultId}`, secret));
    session = kept;
    for (const name of ['comment.add', 'comment.resolve', 'consult.said', 'patient.admitted'])
      await live.publish({ topic: `consult:${consultId}`, name });
    const text = await stream.untilText('patient.admitted');
    expect(text.match(/"name":"[^"]*"/g)).toEqual(['"name":"patient.admitted"']);
    await stream.close();
  });

  it('is closed to those without a session, and to consults out of reach', async () => {
    expect((await open(`?consult=${newId()}`)).status).toBe(404);
    expect((await open('?consult=36')).status).toBe(404);
    const kept = session;
    session = null;
    expect((await open()).status).toBe(401);
    session = kept;
  });

  it('ends within a second when the session has ended', async () => {
    const stream = reader(await open());
    await stream.untilText('retry');
    const kept = session;
    session = null;
    const began = Date.now();
    await live.publish({ topic: 'access', name: 'session.ended', data: { userId } });
    await stream.untilEnd();
    expect(Date.now() - began).toBeLessThan(1_000);
    session = kept;
  });

  it('[ID-32] a page drawn for another place is told so and hears nothing, from the start or from then on', async () => {
    const late = await open(`?place=${newId()}`);
    expect(await late.text()).toContain('event: place.moved');
    const [other, otherMember] = [newId(), newId()];
    await owner`insert into organisation (id, name, name_en, kind) values (${other}, '别处', 'Elsewhere', 'clinic')`;
    await owner`insert into member (id, organisation_id, user_id, role, name) values (${otherMember}, ${other}, ${userId}, 'dentist', '李')`;
    const here = reader(await open(`?place=${memberId}`));
    session = { ...session!, memberId: otherMember };
    await live.publish({ topic: 'access', name: 'session.moved', data: { userId } });
    expect(await here.untilText('event: place.moved')).toContain('event: place.moved');
    session = { ...session, memberId };
    await owner`update member set revoked_at = now() where id = ${otherMember}`;
  });

  it('ends within a second when the member is revoked', async () => {
    const stream = reader(await open(`?consult=${consultId}`));
    await stream.untilText('retry');
    await owner`update member set revoked_at = now() where id = ${memberId}`;
    await live.publish({ topic: 'access', name: 'member.revoked', data: { userId } });
    await stream.untilEnd();
    expect((await open()).status).toBe(401);
    await owner`update member set revoked_at = null where id = ${memberId}`;
  });

  it('ends when news may have been missed, so that the page reads anew', async () => {
    const stream = reader(await open());
    await stream.untilText('retry');
    await owner`select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'consilium-live' and datname = ${database.name}`;
    await stream.untilEnd();
  });

  it('allows a person a bounded number of streams', async () => {
    const responses = await Promise.all(Array.from({ length: 26 }, () => open()));
    const refused = responses.filter((response) => response.status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    await Promise.all(responses.filter((response) => response.ok).map((response) => response.body!.cancel()));
    expect((await open()).status).toBe(200);
  });
});
