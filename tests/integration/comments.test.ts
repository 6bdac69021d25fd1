import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import {
  addComment,
  deleteComment,
  editComment,
  setThreadResolved
} from '#lib/features/consults/comments.server.ts';
import { invitePatient, passDoor, visitorOf } from '#lib/features/consults/invite.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { commentInput } from '#lib/features/consults/schema.ts';
import { readVisit } from '#lib/features/consults/visit.server.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner, app } = world.database;

const pin = (shapeId = 'shape:one', number = 1) => ({ shapeId, number, tooth: '36' as const });
const html = '<img src=x onerror="document.title=1"> & <b>粗</b>';

async function accepted(): Promise<string> {
  const { li, wang } = world.people;
  const { id } = await askExpert(
    world.as(li),
    questionOf({
      patientId: world.patientId,
      question: '?',
      target: { kind: 'expert', expertId: wang.userId },
      share: { chart: true }
    })
  );
  await acceptConsult(world.as(wang), id);
  return id;
}
const say = (actor: MemberActor, id: string, text: string, at = pin()) =>
  addComment(world.as(actor), id, { pin: at, text });
const threads = async (actor: MemberActor, id: string) => (await readConsult(world.as(actor), id)).threads;

async function patientOf(consultId: string): Promise<PatientLinkActor> {
  const { path } = await invitePatient(world.as(world.people.li), consultId);
  const door = { ...world.services, request: { id: 'test', ip: '127.0.0.1' } };
  const { secret } = await passDoor(door, { token: path.slice('/v/'.length), digits: '1234' });
  const visitor = await visitorOf(world.services, secret);
  if (!visitor) throw new Error('no visitor behind the cookie');
  return visitor;
}

/** Rows as the app's role sees them for this actor: what row-level security alone lets through. */
async function rowsFor(actor: MemberActor | PatientLinkActor, query: string): Promise<postgres.Row[]> {
  return app.begin(async (sql) => {
    await sql`select set_config('app.organisation', ${actor.organisationId}, true),
                     set_config('app.actor', ${actor.kind === 'member' ? actor.userId : actor.inviteId}, true),
                     set_config('app.specialty', '', true),
                     set_config('app.consult', ${actor.kind === 'member' ? '' : actor.consultId}, true)`;
    return [...(await sql.unsafe(query))];
  }) as Promise<postgres.Row[]>;
}

describe('[CN-12] what is said at a pin', () => {
  test('both sides write and read it, HTML stays text, and it is audited', async () => {
    const id = await accepted();
    const { li, wang, nurse } = world.people;
    await say(li, id, html);
    await say(wang, id, '同意');
    await say(nurse, id, '已预约', pin('shape:two', 2));
    for (const actor of [li, wang, nurse]) {
      const found = await threads(actor, id);
      expect(found.map((thread) => [thread.shapeId, thread.number, thread.tooth])).toEqual([
        ['shape:two', 2, '36'],
        ['shape:one', 1, '36']
      ]);
      expect(found[1]!.steps.map(({ text, authorName }) => [text, authorName])).toEqual([
        [html, '李明'],
        ['同意', '王志远']
      ]);
    }
    const trail = await owner`select action, actor_id from audit_event
      where consult_id = ${id} and action = 'comment.add' order by number`;
    expect(trail.map((row) => row['actor_id'])).toEqual([li.userId, wang.userId, nurse.userId]);
  });

  test('a third organisation, a receptionist and an expert not asked neither read nor write', async () => {
    const id = await accepted();
    const { li, stranger, reception, liu } = world.people;
    const { id: commentId } = await say(li, id, '内部');
    for (const actor of [stranger, reception, liu]) {
      expect(await refusal(say(actor, id, 'x'))).toBe('not_found');
      expect(await refusal(editComment(world.as(actor), id, { id: commentId, text: 'x' }))).toBe('not_found');
      expect(await refusal(deleteComment(world.as(actor), id, commentId))).toBe('not_found');
      expect(await refusal(setThreadResolved(world.as(actor), id, { pin: pin(), resolved: true }))).toBe(
        'not_found'
      );
      expect(await refusal(readConsult(world.as(actor), id))).toBe('not_found');
    }
    for (const actor of [stranger, liu])
      expect(await rowsFor(actor, 'select 1 from pin_comment')).toEqual([]);
  });

  test("a patient's link reads nothing, not even how much there is, and writes nothing", async () => {
    const id = await accepted();
    const { li } = world.people;
    const { id: commentId } = await say(li, id, '患者不知情');
    const patient = await patientOf(id);
    // A use case is for staff by its type; here somebody found a way round that.
    const call = world.as(patient) as unknown as ReturnType<typeof world.as<MemberActor>>;
    expect(await refusal(addComment(call, id, { pin: pin(), text: 'x' }))).toBe('forbidden');
    expect(await refusal(editComment(call, id, { id: commentId, text: 'x' }))).toBe('forbidden');
    expect(await refusal(deleteComment(call, id, commentId))).toBe('forbidden');
    expect(await refusal(setThreadResolved(call, id, { pin: pin(), resolved: true }))).toBe('forbidden');
    expect(await refusal(readConsult(call, id))).toBe('not_found');
    expect(JSON.stringify(await readVisit(world.as(patient)))).not.toContain('shape:');
    for (const table of ['pin_comment', 'pin_comment_version'])
      expect(await rowsFor(patient, `select count(*)::int as n from ${table}`)).toEqual([{ n: 0 }]);
  });

  test('a closed consult takes nothing more; the asking side still reads, the expert no longer', async () => {
    const id = await accepted();
    const { li, wang } = world.people;
    const { id: commentId } = await say(wang, id, '随访半年');
    await closeConsult(world.as(li), id, null);
    for (const actor of [li, wang]) {
      expect(await refusal(say(actor, id, 'x'))).toBe('consult_closed');
      expect(await refusal(setThreadResolved(world.as(actor), id, { pin: pin(), resolved: true }))).toBe(
        'consult_closed'
      );
    }
    expect(await refusal(deleteComment(world.as(wang), id, commentId))).toBe('consult_closed');
    expect((await threads(li, id))[0]?.steps[0]?.text).toBe('随访半年');
    expect(await threads(wang, id)).toEqual([]);
  });

  test('a pin of another consult is another thread, and its comment is not reached through this one', async () => {
    const [first, second] = [await accepted(), await accepted()];
    const { li } = world.people;
    const { id: commentId } = await say(li, first, '第一');
    expect(await threads(li, second)).toEqual([]);
    expect(await refusal(editComment(world.as(li), second, { id: commentId, text: 'x' }))).toBe('not_found');
    expect(await refusal(setThreadResolved(world.as(li), second, { pin: pin(), resolved: true }))).toBe(
      'not_found'
    );
  });

  test('only its author changes or deletes it, and what it said before is kept', async () => {
    const id = await accepted();
    const { li, nurse, wang } = world.people;
    const { id: commentId } = await say(li, id, '第一稿');
    for (const actor of [nurse, wang]) {
      expect(await refusal(editComment(world.as(actor), id, { id: commentId, text: 'x' }))).toBe('forbidden');
      expect(await refusal(deleteComment(world.as(actor), id, commentId))).toBe('forbidden');
    }
    await editComment(world.as(li), id, { id: commentId, text: '第二稿' });
    const [edited] = (await threads(wang, id))[0]!.steps;
    expect([edited?.text, edited?.editedAt instanceof Date]).toEqual(['第二稿', true]);
    await say(wang, id, '收到');
    await deleteComment(world.as(li), id, commentId);
    const [deleted] = (await threads(wang, id))[0]!.steps;
    expect([deleted?.text, deleted?.deleted]).toEqual(['', true]);
    expect(await refusal(editComment(world.as(li), id, { id: commentId, text: 'x' }))).toBe('not_found');
    const kept =
      await owner`select text from pin_comment_version where comment_id = ${commentId} order by replaced_at, id`;
    expect(kept.map((row) => row['text'])).toEqual(['第一稿', '第二稿']);
  });

  test('a thread is set to done and taken up again, with who and when, once', async () => {
    const id = await accepted();
    const { li, wang } = world.people;
    await say(li, id, '?');
    const set = (actor: MemberActor, resolved: boolean) =>
      setThreadResolved(world.as(actor), id, { pin: pin(), resolved });
    await set(wang, true);
    await set(li, true);
    expect((await threads(li, id))[0]).toMatchObject({ resolved: true });
    await set(li, false);
    const [thread] = await threads(li, id);
    expect(thread!.resolved).toBe(false);
    expect(thread!.steps.map(({ step, authorName }) => [step, authorName])).toEqual([
      ['comment', '李明'],
      ['resolve', '王志远'],
      ['reopen', '李明']
    ]);
  });

  test('the database itself refuses words in another name, a change of another’s, and a change of the trace', async () => {
    const id = await accepted();
    const { li, nurse } = world.people;
    const { id: commentId } = await say(li, id, '我的话');
    await editComment(world.as(li), id, { id: commentId, text: '我的话。' });
    const forged = `insert into pin_comment (id, organisation_id, consult_id, shape_id, pin_number, step, text, mentions,
      author_id, author_name, author_organisation_id, at)
      values ('${newId()}', '${li.organisationId}', '${id}', 'shape:one', 1, 'comment', 'x', '{}',
      '${li.userId}', '李明', '${li.organisationId}', now())`;
    await expect(rowsFor(nurse, forged)).rejects.toMatchObject({ code: '42501' });
    expect(
      await rowsFor(nurse, `update pin_comment set text = 'x' where id = '${commentId}' returning id`)
    ).toEqual([]);
    await expect(rowsFor(li, `update pin_comment set author_name = 'x'`)).rejects.toMatchObject({
      code: '42501'
    });
    for (const act of [
      `delete from pin_comment`,
      `update pin_comment_version set text = 'x'`,
      `delete from pin_comment_version`
    ])
      await expect(rowsFor(li, act)).rejects.toMatchObject({ code: '42501' });
  });

  test('lengths and places are bounded at the edge', () => {
    const ok = (input: unknown) => v.safeParse(commentInput, input).success;
    expect(ok({ pin: pin(), text: 'x'.repeat(2_000) })).toBe(true);
    expect(ok({ pin: { ...pin(), tooth: '' }, text: html })).toBe(true);
    expect(ok({ pin: pin(), text: 'x'.repeat(2_001) })).toBe(false);
    expect(ok({ pin: pin(), text: ' \n ' })).toBe(false);
    expect(ok({ pin: pin('consult:one'), text: 'x' })).toBe(false);
    expect(ok({ pin: pin(`shape:${'x'.repeat(65)}`), text: 'x' })).toBe(false);
    expect(ok({ pin: pin('shape:one', 10_000), text: 'x' })).toBe(false);
    expect(ok({ pin: { ...pin(), tooth: '99' }, text: 'x' })).toBe(false);
  });
});

describe('[CN-13] who is meant', () => {
  test('is of the room, never oneself or a stranger, and is told once', async () => {
    const id = await accepted();
    const { li, wang } = world.people;
    const told = async () =>
      (
        await owner`select payload, organisation_id from outbox where topic = 'comment.mentioned' and subject = ${id} order by created_at, id`
      ).map((row) => [row['payload'], row['organisation_id']] as const);
    expect((await readConsult(world.as(wang), id)).people.map(({ name }) => name).sort()).toEqual(
      ['李明', '王志远'].sort()
    );
    const { id: commentId } = await say(wang, id, '@李明 @王志远 @外人 请看远中');
    const first = { consultId: id, userIds: [li.userId], by: '王志远' };
    expect(await told()).toEqual([[first, li.organisationId]]);
    await editComment(world.as(wang), id, { id: commentId, text: '@李明 请看近中' });
    expect(await told()).toHaveLength(1);
    const [step] = (await threads(li, id))[0]!.steps;
    expect(step?.mentions).toEqual([li.userId]);
  });
});
