import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { propose, saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { acceptConsult, declineConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { boardAccess } from '#lib/features/consults/board.server.ts';
import { exportBoard } from '#lib/features/consults/board-export.server.ts';
import { readHistory } from '#lib/features/consults/board-history.server.ts';
import { breakGlass } from '#lib/features/consults/break-glass.server.ts';
import { sayInConsult } from '#lib/features/consults/chat.server.ts';
import { closeConsult } from '#lib/features/consults/close.server.ts';
import { addComment } from '#lib/features/consults/comments.server.ts';
import { addToGrant, changeGrantEnd, endGrant, takeBack } from '#lib/features/consults/grants.server.ts';
import { endGuest, guestChoices, inviteGuest, leaveConsult } from '#lib/features/consults/guests.server.ts';
import { invitePatient } from '#lib/features/consults/invite.server.ts';
import { lockCall, quieten } from '#lib/features/consults/moderate.server.ts';
import { listConsults, readConsult } from '#lib/features/consults/read.server.ts';
import { enterRoom } from '#lib/features/consults/room.server.ts';
import { shareImage } from '#lib/features/consults/share.server.ts';
import { tellPatient } from '#lib/features/consults/waiting.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { listImages, readFrame } from '#lib/features/imaging/read.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { notificationHandlers } from '#lib/features/notifications/jobs.server.ts';
import { listNotifications } from '#lib/features/notifications/list.server.ts';
import { readChart } from '#lib/features/odontogram/record-finding.server.ts';
import { readPatient } from '#lib/features/patients/patients.server.ts';
import { readReaders } from '#lib/features/record/readers.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { closeCodes } from '../../server/collab/close-codes.ts';
import { useLiveAccess } from '../support/live-access.ts';
import { questionOf } from '../support/question.ts';
import { refusal } from '../support/refusal.ts';
import { until } from '../support/until.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();
const { owner } = world.database;
let imageId: string;
let id: string;

beforeAll(async () => {
  async function* file() {
    yield fixtureDicom({ set: [['00080018', 'UI', '2.25.70']] });
  }
  const uploaded = await uploadImage(as('li'), {
    ...{ patientId: world.patientId, fileName: 'x.dcm', source: file(), confirmOtherPatient: true }
  });
  imageId = uploaded.image.id;
});

beforeEach(async () => {
  const asked = await askExpert(
    as('li'),
    questionOf({
      patientId: world.patientId,
      target: { kind: 'expert', expertId: world.people.wang.userId },
      share: { imageIds: [imageId], noteIds: [world.noteId], allergies: true, chart: true }
    })
  );
  id = asked.id;
  await acceptConsult(as('wang'), id);
});
// What one test leaves open would open it in the next.
afterEach(() => owner`update consult_grant_item set revoked_at = now() where revoked_at is null`);

type Who = keyof typeof world.people;
const as = (who: Who) => world.as(world.people[who]);
const image = () => ({ kind: 'image' as const, itemId: imageId });
const day = (fromNow: number) => new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);

/** Of the third organisation: with the picture alone. */
async function invite(
  items: Parameters<typeof inviteGuest>[2]['items'] = [image()],
  guest: MemberActor = world.people.strangerExpert
): Promise<string> {
  const { userId, organisationId } = guest;
  const asked = { userId, organisationId, reason: '种植位点', items, until: null };
  return (await inviteGuest(as('li'), id, asked)).id;
}
async function look(who: Who): Promise<void> {
  const { stream } = await readFrame(as(who), imageId);
  for await (const chunk of stream) expect(chunk.length).toBeGreaterThan(0);
}
const itemOf = async (kind: string) => {
  const { guests } = await readConsult(as('li'), id);
  return guests.at(-1)!.grant!.items.find((item) => item.kind === kind)!.id;
};
/** Everything this person sees of the consult by the database's word alone. */
async function rowsOf(who: Who): Promise<Record<string, number>> {
  return inTransaction(as(who), async ({ rows }) => {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const { rows: found } = await rows.execute<{ n: number }>(
        `select count(*)::int as n from ${table} where ${table === 'consult' ? 'id' : 'consult_id'} = '${id}'`
      );
      if (found[0]!.n > 0) counts[table] = found[0]!.n;
    }
    return counts;
  });
}
const tables = [
  ...['consult', 'consult_guest', 'consult_grant_item', 'consult_message', 'consult_seat', 'pin_comment'],
  ...['board_document', 'proposal', 'opinion', 'consult_document', 'consult_recording', 'consult_invite']
];
async function fill(): Promise<void> {
  await sayInConsult(as('wang'), id, { text: '请看根尖' });
  await propose(as('wang'), id, {
    kind: 'finding',
    content: { tooth: '37', code: 'caries', status: 'needs', surfaces: ['O'], note: '' }
  });
  await saveOpinion(as('wang'), id, { diagnosis: 'K04.5', text: '根管再治疗', advice: '' });
  await addComment(as('wang'), id, { pin: pin(), text: '这里' });
}
const pin = () => ({ shapeId: 'shape:pin1', number: 1, tooth: '36' });

describe('[CN-70] a further specialist is invited', () => {
  test('from every organisation but the asking one, who is not in it yet; by nobody but who decides', async () => {
    const offered = await guestChoices(as('li'), id);
    const { sun, liu, strangerExpert } = world.people;
    expect(offered.map((one) => one.userId).toSorted()).toEqual(
      [sun.userId, liu.userId, strangerExpert.userId].toSorted()
    );
    await invite();
    const left = (await guestChoices(as('li'), id)).map((one) => one.userId).toSorted();
    expect(left).toEqual([sun.userId, liu.userId].toSorted());
    const asked = {
      userId: sun.userId,
      organisationId: sun.organisationId,
      reason: '',
      items: [],
      until: null
    };
    for (const [who, why] of [
      ['nurse', 'forbidden'],
      ['wang', 'forbidden'],
      ['strangerExpert', 'not_found'],
      ['sun', 'not_found'],
      ['stranger', 'not_found'],
      ['reception', 'not_found']
    ] as const) {
      expect([who, await refusal(inviteGuest(as(who), id, asked))]).toEqual([who, why]);
      const list = await refusal(guestChoices(as(who), id));
      expect([who, list === 'forbidden' || list === 'not_found']).toEqual([who, true]);
      const { guests } = await readConsult(as('li'), id);
      expect([who, await refusal(endGuest(as(who), id, guests[0]!.id))]).toEqual([who, why]);
    }
  });

  test('nobody who cannot be asked today, nothing of another patient, no end beyond the organisation’s days', async () => {
    const { stranger, wang, strangerExpert } = world.people;
    for (const { userId, organisationId } of [
      stranger,
      wang,
      { userId: strangerExpert.userId, organisationId: wang.organisationId }
    ])
      expect(
        await refusal(
          inviteGuest(as('li'), id, { userId, organisationId, reason: '', items: [], until: null })
        )
      ).toBe('expert_not_found');
    const { userId, organisationId } = strangerExpert;
    const other = newId();
    await owner`insert into note (id, organisation_id, patient_id, text, teeth, author_id, author_name, written_at)
      values (${other}, ${world.people.li.organisationId}, ${world.otherPatientId}, '别人的', '{}',
              ${world.people.li.userId}, '李明', now())`;
    const asked = { userId, organisationId, reason: '', until: null };
    expect(
      await refusal(inviteGuest(as('li'), id, { ...asked, items: [{ kind: 'note', itemId: other }] }))
    ).toBe('not_found');
    for (const wrong of [day(-2), day(40)])
      expect(await refusal(inviteGuest(as('li'), id, { ...asked, items: [], until: wrong }))).toBe(
        'grant_end_out_of_range'
      );
    expect(await rowsOf('strangerExpert')).toEqual({});
    // Not before somebody has accepted, nor after the end.
    const { id: waiting } = await askExpert(
      as('li'),
      questionOf({ patientId: world.patientId, target: { kind: 'expert', expertId: wang.userId } })
    );
    expect(await refusal(inviteGuest(as('li'), waiting, { ...asked, items: [] }))).toBe('room_not_open');
  });

  test('twice is once; it is in the trail, told to who is invited, and stands in their list', async () => {
    expect(await invite()).toBe(await invite());
    const { strangerExpert, li } = world.people;
    const told = await owner<{ topic: string; payload: { userIds: string[]; by: string } }[]>`
      select topic, payload from outbox where subject = ${id} and topic like 'guest.%'`;
    expect(told.map(({ topic, payload }) => [topic, payload.userIds, payload.by])).toEqual([
      ['guest.invited', [strangerExpert.userId], li.name]
    ]);
    const trail = await owner<{ action: string; organisation_id: string }[]>`
      select action, organisation_id from audit_event where consult_id = ${id} and action like 'guest.%'`;
    expect(trail.map((row) => [row.action, row.organisation_id])).toEqual([
      ['guest.invite', li.organisationId]
    ]);
    const mine = (await listConsults(as('strangerExpert'))).find((one) => one.id === id)!;
    expect([mine.side, mine.patient?.name]).toEqual(['guest', '王秀英']);
    expect((await listConsults(as('stranger'))).some((one) => one.id === id)).toBe(false);
  });
});

describe('[CN-70] what crosses to them is a grant of their own', () => {
  test('they read what it opens and nothing else; another member of their organisation nothing at all', async () => {
    await fill();
    await invite();
    const view = await readConsult(as('strangerExpert'), id);
    expect(view.side).toBe('guest');
    expect(view.grant!.items.map((item) => item.kind).toSorted()).toEqual(['identity', 'image']);
    expect([view.proposals, view.opinions, view.documents, view.invites]).toEqual([[], [], [], []]);
    expect(view.messages.map((one) => one.text)).toEqual(['请看根尖']);
    expect(view.threads).toHaveLength(1);
    expect(view.guests.map((guest) => [guest.name, guest.grant])).toEqual([['外人丁', null]]);
    expect(view.may).toMatchObject({
      answer: false,
      advise: false,
      decide: false,
      admit: false,
      tell: false
    });
    expect(view.may).toMatchObject({ share: false, moderate: false, record: false, inviteGuests: false });
    expect(view.may).toMatchObject({ sayToAll: false, exportBoard: false, readOpinions: false, leave: true });
    expect(await refusal(look('strangerExpert'))).toBeNull();
    expect(await listImages(as('strangerExpert'), world.patientId)).toHaveLength(1);
    const { health, notes } = await readPatient(as('strangerExpert'), world.patientId);
    expect([health, notes]).toEqual([[], []]);
    expect((await readChart(as('strangerExpert'), world.patientId)).findings).toEqual([]);
    expect(await rowsOf('strangerExpert')).toEqual({
      ...{ consult: 1, consult_guest: 1, consult_grant_item: 3, consult_message: 1, pin_comment: 1 },
      board_document: 1
    });
    for (const who of ['stranger', 'strangerBoss', 'strangerNurse', 'strangerReception', 'sun'] as const) {
      expect([who, await rowsOf(who)]).toEqual([who, {}]);
      expect([who, await refusal(readConsult(as(who), id))]).toEqual([who, 'not_found']);
      expect([who, await refusal(readPatient(as(who), world.patientId))]).toEqual([who, 'not_found']);
    }
  });

  test('it and the expert’s do not touch one another', async () => {
    const guest = await invite([image(), { kind: 'allergies', itemId: null }]);
    await takeBack(as('li'), id, await itemOf('image'));
    expect([await refusal(look('strangerExpert')), await refusal(look('wang'))]).toEqual(['not_found', null]);
    await addToGrant(as('li'), id, { items: [{ kind: 'plan', itemId: null }], reason: null, guestId: guest });
    await changeGrantEnd(as('li'), id, { day: day(3), guestId: guest });
    const { grant, guests } = await readConsult(as('li'), id);
    expect(grant!.items.map((item) => item.kind)).not.toContain('plan');
    expect(grant!.items.every((item) => item.open)).toBe(true);
    expect(guests[0]!.grant!.endsAt.getTime()).toBeLessThan(grant!.endsAt.getTime() - 20 * 86_400_000);
    // The expert's ended, the guest's goes on.
    await endGrant(as('li'), id);
    expect(await refusal(enterRoom(as('wang'), id))).toBe('grant_ended');
    expect(await refusal(enterRoom(as('strangerExpert'), id))).toBeNull();
    expect((await readPatient(as('strangerExpert'), world.patientId)).health).toHaveLength(1);
    const kinds = await readReaders(as('li'), world.patientId);
    expect(JSON.stringify(kinds)).toContain('外人丁');
  });

  test('a colleague of the expert can be invited too, and sees their own part alone', async () => {
    await invite([], world.people.liu);
    expect((await readConsult(as('liu'), id)).side).toBe('guest');
    expect(await refusal(look('liu'))).toBe('not_found');
    expect(await refusal(readConsult(as('sun'), id))).toBe('not_found');
    expect((await readConsult(as('wang'), id)).grant!.items).toHaveLength(5);
  });

  test('the database opens nothing by an invitation to anybody else, and rewrites none', async () => {
    const guest = await invite([]);
    const { li, stranger } = world.people;
    const given = owner`insert into consult_grant_item (id, organisation_id, consult_id, patient_id,
        grantee_organisation_id, grantee_user_id, grantee_specialty, kind, item_id, purpose, starts_at, ends_at, guest_id)
      values (${newId()}, ${li.organisationId}, ${id}, ${world.patientId}, ${stranger.organisationId},
        ${stranger.userId}, 'endodontics', 'chart', null, 'consult', now(), now() + interval '1 day', ${guest})`;
    await expect(given).rejects.toMatchObject({ code: '42501' });
    for (const change of [
      `update consult_guest set user_id = '${stranger.userId}' where id = '${guest}'`,
      `update consult_guest set ended_by_id = '${stranger.userId}', ended_at = now() where id = '${guest}'`
    ])
      await expect(inTransaction(as('li'), ({ rows }) => rows.execute(change))).rejects.toMatchObject({
        cause: { code: '42501' }
      });
  });
});

/** As the worker does, for every piece of news of this consult about who is invited. */
async function tellAll(): Promise<void> {
  const events = await owner<{ id: string; topic: string; organisation_id: string; payload: unknown }[]>`
    select * from outbox where subject = ${id} and topic like 'guest.%'`;
  for (const { topic, organisation_id: organisationId, ...event } of events)
    await world.services.systemDb.transaction((rows) =>
      notificationHandlers
        .find((handler) => handler.topic === topic)!
        .handle(
          { ...event, topic, organisationId, subject: id, createdAt: new Date() },
          { rows, services: world.services, now: new Date(), signal: AbortSignal.timeout(5000) }
        )
    );
}

test('[CN-70] [CN-71] who is invited is told where they work, and nobody else there; what is over leads nowhere', async () => {
  await endGuest(as('li'), id, await invite());
  await invite();
  await leaveConsult(as('strangerExpert'), id);
  await tellAll();
  const told = async (who: Who) =>
    (await listNotifications(as(who), 'en'))
      .filter((one) => one.kind.startsWith('guest.'))
      .map(({ kind, href }) => [kind, href]);
  expect((await told('strangerExpert')).toSorted()).toEqual([
    ['guest.ended', null],
    ['guest.invited', `/consults/${id}`],
    ['guest.invited', `/consults/${id}`]
  ]);
  expect(await told('li')).toEqual([['guest.left', `/consults/${id}`]]);
  for (const who of ['stranger', 'strangerBoss', 'wang', 'boss'] as const)
    expect([who, await told(who)]).toEqual([who, []]);
});

describe('[CN-72] what they do', () => {
  test('they sit in the call under their role, draw, write to the team and at pins; who is meant is told', async () => {
    await invite();
    const boardId = (await readConsult(as('strangerExpert'), id)).boardId!;
    expect(await boardAccess(as('strangerExpert'), boardId)).toMatchObject({ mode: 'write', role: 'guest' });
    await enterRoom(as('strangerExpert'), id, { encrypts: true });
    await enterRoom(as('strangerExpert'), id);
    const { seats } = await readConsult(as('li'), id);
    expect(seats.map((seat) => [seat.name, seat.role])).toEqual([['外人丁', 'guest']]);
    await sayInConsult(as('strangerExpert'), id, { text: '同意' });
    await addComment(as('strangerExpert'), id, { pin: pin(), text: '@王志远 看这里' });
    await addComment(as('wang'), id, { pin: pin(), text: '@外人丁 好' });
    const meant = await owner<{ payload: { userIds: string[] } }[]>`
      select payload from outbox where subject = ${id} and topic = 'comment.mentioned' order by created_at, id`;
    expect(meant.map(({ payload }) => payload.userIds)).toEqual([
      [world.people.wang.userId],
      [world.people.strangerExpert.userId]
    ]);
  });

  test('they decide nothing, sign nothing, host nothing, and write nothing to the patient', async () => {
    await invite();
    const guest = as('strangerExpert');
    const boardId = (await readConsult(guest, id)).boardId!;
    const finding = { tooth: '37', code: 'caries', status: 'needs', surfaces: ['O'], note: '' } as const;
    const tries: Record<string, Promise<unknown>> = {
      accept: acceptConsult(guest, id),
      decline: declineConsult(guest, id, '不'),
      close: closeConsult(guest, id, null),
      propose: propose(guest, id, { kind: 'finding', content: { ...finding, surfaces: ['O'] } }),
      opinion: saveOpinion(guest, id, { diagnosis: 'x', text: 'x', advice: '' }),
      sign: signOpinion(guest, id, null),
      host: quieten(guest, id, { act: 'mute', identity: `m:${world.people.li.userId}` }),
      lock: lockCall(guest, id, true),
      invite: invitePatient(guest, id),
      page: tellPatient(guest, id, { kind: 'own', text: '您好' }),
      toAll: sayInConsult(guest, id, { text: '您好', audience: 'all' }),
      share: shareImage(guest, id, imageId),
      grant: endGrant(guest, id),
      export: exportBoard(guest, id, { format: 'png', images: [], locale: 'en' }),
      replay: readHistory(guest, boardId),
      glass: breakGlass(guest, id, { category: 'emergency', reason: '患者今晚急诊，需核对过敏史' })
    };
    const answers = await Promise.all(
      Object.entries(tries).map(async ([name, work]) => [name, await refusal(work)] as const)
    );
    const allowed = ['forbidden', 'not_found', 'consult_closed'];
    expect(answers.filter(([, code]) => !allowed.includes(code ?? ''))).toEqual([]);
    // Nor past the use cases.
    const { li, strangerExpert } = world.people;
    const row = `'${newId()}', '${li.organisationId}', '${id}'`;
    for (const statement of [
      `insert into consult_message (id, organisation_id, consult_id, kind, text, audience, author_id, author_name, author_organisation_id, at)
       values (${row}, 'chat', 'x', 'all', '${strangerExpert.userId}', 'x', '${strangerExpert.organisationId}', now())`,
      `insert into consult_seat (id, organisation_id, consult_id, identity, name, role, state, changed_at)
       values (${row}, 'm:${li.userId}', 'x', 'guest', 'left', now())`,
      `insert into opinion (id, organisation_id, consult_id, patient_id, author_id, author_name, author_title, author_organisation_id, author_organisation_name, updated_at)
       values (${row}, '${world.patientId}', '${strangerExpert.userId}', 'x', 'x', '${strangerExpert.organisationId}', 'x', now())`,
      `insert into outbox (organisation_id, topic, subject, payload) values ('${li.organisationId}', 'consult.closed', '${id}', '{}')`
    ])
      await expect(inTransaction(guest, ({ rows }) => rows.execute(statement))).rejects.toMatchObject({
        cause: { code: '42501' }
      });
    const { rowCount } = await inTransaction(guest, ({ rows }) =>
      rows.execute(`update consult set status = 'closed' where id = '${id}'`)
    );
    expect(rowCount).toBe(0);
  });
});

describe('[CN-71] the end of an invitation', () => {
  const { board, stream, removed } = useLiveAccess(world);

  /** The guest on the board, on the line and in the call, and the others with them. */
  async function allThere() {
    const guest = await invite();
    const boardId = (await readConsult(as('li'), id)).boardId!;
    const { li, wang, strangerExpert } = world.people;
    for (const [who, role] of [
      [wang, 'expert'],
      [strangerExpert, 'guest']
    ] as const)
      await owner`insert into consult_seat (id, organisation_id, consult_id, identity, name, role, state, changed_at)
        values (${newId()}, ${li.organisationId}, ${id}, ${`m:${who.userId}`}, ${who.name}, ${role}, 'in-room', now())`;
    const [invited, expert] = [board('strangerExpert', boardId), board('wang', boardId)];
    await Promise.all([invited.opened, expert.opened]);
    const streams = { invited: await stream('strangerExpert', id), expert: await stream('wang', id) };
    removed.length = 0;
    return { guest, invited, expert, streams };
  }

  test('taken back: socket, stream and seat end within a second, the expert’s do not; nothing is left', async () => {
    const { guest, invited, expert, streams } = await allThere();
    const at = Date.now();
    await endGuest(as('li'), id, guest);
    await until(() => invited.closed.at > 0 && streams.invited.ended.at > 0 && removed.length > 0, {
      withinMs: 3_000
    });
    for (const end of [invited.closed.at, streams.invited.ended.at]) expect(end - at).toBeLessThan(1_000);
    expect(invited.closed.code).toBe(closeCodes.forbidden);
    expect(removed).toEqual([`${id} m:${world.people.strangerExpert.userId}`]);
    expect([expert.closed.at, streams.expert.ended.at]).toEqual([0, 0]);
    expect(await rowsOf('strangerExpert')).toEqual({});
    expect(await refusal(readConsult(as('strangerExpert'), id))).toBe('not_found');
    expect(await refusal(enterRoom(as('strangerExpert'), id))).toBe('not_found');
    expect(await refusal(look('strangerExpert'))).toBe('not_found');
    expect((await listConsults(as('strangerExpert'))).some((one) => one.id === id)).toBe(false);
    expect(await refusal(endGuest(as('li'), id, guest))).toBe('not_found');
    const more = { items: [image()], reason: null, guestId: guest };
    expect(await refusal(addToGrant(as('li'), id, more))).toBe('not_found');
    expect(await refusal(changeGrantEnd(as('li'), id, { day: day(3), guestId: guest }))).toBe('not_found');
    const { guests, people } = await readConsult(as('li'), id);
    expect(guests[0]!.grant).toMatchObject({ state: 'ended', endedBy: '李明' });
    expect(people.some(({ name }) => name === '外人丁')).toBe(false);
    const glass = { category: 'emergency', reason: '患者今晚急诊，需核对过敏史' } as const;
    expect(await refusal(breakGlass(as('strangerExpert'), id, glass))).toBe('not_found');
    // Given anew, not again.
    expect(await invite()).not.toBe(guest);
    expect(await refusal(enterRoom(as('strangerExpert'), id))).toBeNull();
    expert.socket.close();
    await streams.expert.close();
  });

  test('by time: the same, and an end moved away opens it again', async () => {
    const { guest, invited, expert, streams } = await allThere();
    await owner`update consult_grant_item set ends_at = now() + interval '1 second' where guest_id = ${guest}`;
    await until(() => invited.closed.at > 0 && streams.invited.ended.at > 0 && removed.length > 0, {
      withinMs: 3_000
    });
    expect([expert.closed.at, streams.expert.ended.at]).toEqual([0, 0]);
    expect(await rowsOf('strangerExpert')).toEqual({});
    await changeGrantEnd(as('li'), id, { day: day(2), guestId: guest });
    expect(await refusal(enterRoom(as('strangerExpert'), id))).toBeNull();
    expert.socket.close();
    await streams.expert.close();
  });

  test('they leave by themselves; who asked is told', async () => {
    await invite();
    expect(await refusal(leaveConsult(as('wang'), id))).toBe('forbidden');
    expect(await refusal(leaveConsult(as('stranger'), id))).toBe('not_found');
    await leaveConsult(as('strangerExpert'), id);
    expect(await refusal(readConsult(as('strangerExpert'), id))).toBe('not_found');
    expect(await refusal(leaveConsult(as('strangerExpert'), id))).toBe('not_found');
    const { guests } = await readConsult(as('li'), id);
    expect(guests[0]).toMatchObject({ left: true, grant: { state: 'ended', endedBy: '外人丁' } });
    const told = await owner<{ payload: { userIds: string[] } }[]>`
      select payload from outbox where subject = ${id} and topic = 'guest.left'`;
    expect(told.map(({ payload }) => payload.userIds)).toEqual([[world.people.li.userId]]);
  });

  test('with the consult: the expert keeps their signed opinion, the guest nothing', async () => {
    await invite();
    await closeConsult(as('li'), id, null);
    expect(await rowsOf('strangerExpert')).toEqual({});
    const { guests } = await readConsult(as('li'), id);
    expect(guests[0]!.grant).toMatchObject({ state: 'ended', endedBy: null });
    const { userId, organisationId } = world.people.liu;
    const late = { userId, organisationId, reason: '', items: [], until: null };
    expect(await refusal(inviteGuest(as('li'), id, late))).toBe('room_not_open');
  });
});
