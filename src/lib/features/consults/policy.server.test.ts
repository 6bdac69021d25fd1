import { describe, expect, test } from 'vitest';
import type { Actor, MemberActor, MemberRole } from '#lib/kernel/actor.ts';
import {
  boardMode,
  mayAdmit,
  mayAdvise,
  mayAnswer,
  mayAsk,
  mayChangeComment,
  mayBreakGlass,
  mayChat,
  mayModerate,
  mayPlayRecording,
  mayRecordRoom,
  mayChangeGrant,
  mayChangeGrantDays,
  mayComment,
  mayDecide,
  mayDeleteRecording,
  mayInviteGuests,
  mayLeave,
  mayReadOpinions,
  mayExportBoard,
  mayKeepWaiting,
  mayReadCallQuality,
  mayReadComments,
  mayReviewGlass,
  mayReplayBoard,
  sideOf,
  type ConsultFacts
} from './policy.server.ts';

const consult: ConsultFacts = {
  organisationId: 'clinic',
  status: 'accepted',
  requesterId: 'li',
  specialty: 'endodontics',
  expertOrganisationId: 'hospital',
  askedExpertId: null,
  expertId: 'wang'
};
const member = (
  userId: string,
  organisationId: string,
  role: MemberRole,
  specialty?: string
): MemberActor => ({
  kind: 'member',
  userId,
  memberId: userId,
  organisationId,
  clinicId: null,
  role,
  specialty: specialty ?? null,
  name: userId,
  sessionId: 's'
});
const actors: Record<string, Actor> = {
  li: member('li', 'clinic', 'dentist'),
  owner: member('chen', 'clinic', 'owner'),
  nurse: member('zhou', 'clinic', 'nurse'),
  reception: member('he', 'clinic', 'receptionist'),
  wang: member('wang', 'hospital', 'expert', 'endodontics'),
  sun: member('sun', 'hospital', 'expert', 'endodontics'),
  liu: member('liu', 'hospital', 'expert', 'orthodontics'),
  hospitalNurse: member('n', 'hospital', 'nurse'),
  stranger: member('x', 'elsewhere', 'owner'),
  patient: {
    kind: 'patient-link',
    inviteId: 'i',
    consultId: 'c',
    patientId: 'p',
    organisationId: 'clinic',
    name: ''
  },
  system: { kind: 'system', organisationId: 'clinic', reason: 'test' }
};

/** One row an actor: side, answer, advise, decide, board. */
function row(name: string, facts: ConsultFacts) {
  const actor = actors[name]!;
  return [
    sideOf(actor, facts),
    mayAnswer(actor, facts),
    mayAdvise(actor, facts),
    mayDecide(actor, facts),
    boardMode(actor, facts)
  ];
}

describe('[CN-2] an accepted consult', () => {
  test.each([
    ['li', 'requester', false, false, true, 'write'],
    ['owner', 'requester', false, false, true, 'write'],
    ['nurse', 'requester', false, false, false, 'write'],
    ['reception', null, false, false, false, null],
    ['wang', 'expert', true, true, false, 'write'],
    ['sun', null, false, false, false, null],
    ['liu', null, false, false, false, null],
    ['hospitalNurse', null, false, false, false, null],
    ['stranger', null, false, false, false, null],
    ['patient', 'patient', false, false, false, 'read'],
    ['system', null, false, false, false, null]
  ])('%s', (name, ...expected) => {
    expect(row(name, consult)).toEqual(expected);
  });
});

describe('[CN-2] a question to a specialty reaches its experts only', () => {
  const waiting: ConsultFacts = { ...consult, status: 'requested', expertId: null };
  test.each([
    ['wang', 'expert'],
    ['sun', 'expert'],
    ['liu', null],
    ['hospitalNurse', null]
  ])('%s', (name, side) => {
    expect(sideOf(actors[name]!, waiting)).toBe(side);
    expect(boardMode(actors[name]!, waiting)).toBeNull();
  });

  test('one asked by name is theirs alone', () => {
    expect(sideOf(actors['sun']!, { ...waiting, askedExpertId: 'wang' })).toBeNull();
    expect(sideOf(actors['wang']!, { ...waiting, askedExpertId: 'wang' })).toBe('expert');
  });
});

test('[CN-4] after the close only the asking side reads the board', () => {
  const closed: ConsultFacts = { ...consult, status: 'closed' };
  expect(['li', 'nurse', 'wang', 'patient'].map((name) => boardMode(actors[name]!, closed))).toEqual([
    'read',
    'read',
    null,
    null
  ]);
  expect(mayAdvise(actors['wang']!, closed)).toBe(false);
});

test('[CN-47] how a board came to be is for the staff who can open it, at each state, and for nobody else', () => {
  for (const status of ['requested', 'more-asked', 'accepted', 'declined', 'cancelled', 'closed'] as const)
    for (const [name, actor] of Object.entries(actors)) {
      const facts: ConsultFacts = { ...consult, status };
      expect(mayExportBoard(actor, facts)).toBe(mayReplayBoard(actor, facts));
      expect([name, status, mayReplayBoard(actor, facts)]).toEqual([
        name,
        status,
        name !== 'patient' && boardMode(actor, facts) !== null
      ]);
    }
});

describe('[CN-12] what is said at pins', () => {
  const own = (name: string) => ({ authorId: name, step: 'comment', deletedAt: null });
  test.each([
    ['li', true, true],
    ['owner', true, true],
    ['nurse', true, true],
    ['reception', false, false],
    ['wang', true, true],
    ['sun', false, false],
    ['liu', false, false],
    ['hospitalNurse', false, false],
    ['stranger', false, false],
    ['patient', false, false],
    ['system', false, false]
  ])('%s: read %s, write %s', (name, read, write) => {
    const actor = actors[name]!;
    expect(mayReadComments(actor, consult)).toBe(read);
    expect(mayComment(actor, consult)).toBe(write);
    for (const status of ['requested', 'more-asked', 'declined', 'cancelled', 'closed'] as const)
      expect(mayComment(actor, { ...consult, status })).toBe(false);
  });

  test('only who said it changes it, while the consult is open, and only words', () => {
    const [li, nurse, patient] = [actors['li']!, actors['nurse']!, actors['patient']!];
    expect(mayChangeComment(li, consult, own('li'))).toBe(true);
    expect(mayChangeComment(nurse, consult, own('li'))).toBe(false);
    expect(mayChangeComment(patient, consult, own('i'))).toBe(false);
    expect(mayChangeComment(li, { ...consult, status: 'closed' }, own('li'))).toBe(false);
    expect(mayChangeComment(li, consult, { ...own('li'), step: 'resolve' })).toBe(false);
    expect(mayChangeComment(li, consult, { ...own('li'), deletedAt: new Date() })).toBe(false);
  });
});

test('[CN-19] who may change a grant, and until when; who sets how long they last', () => {
  const who = (may: (name: string) => boolean) => Object.keys(actors).filter(may);
  for (const status of ['requested', 'more-asked', 'accepted'] as const)
    expect(who((name) => mayChangeGrant(actors[name]!, { ...consult, status }))).toEqual(['li', 'owner']);
  for (const status of ['declined', 'cancelled', 'closed'] as const)
    expect(who((name) => mayChangeGrant(actors[name]!, { ...consult, status }))).toEqual([]);
  expect(who((name) => mayChangeGrantDays(actors[name]!))).toEqual(['owner', 'stranger']);
});

test('[CN-63] how calls went is read by owners', () => {
  expect(Object.keys(actors).filter((name) => mayReadCallQuality(actors[name]!))).toEqual([
    ...['owner', 'stranger']
  ]);
});

test('[CN-21] only the expert who accepted breaks the glass, from another organisation; owners judge', () => {
  const who = (may: (name: string) => boolean) => Object.keys(actors).filter(may);
  const breakers = (facts: Partial<ConsultFacts>) =>
    who((name) => mayBreakGlass(actors[name]!, { ...consult, ...facts }));
  expect(breakers({ status: 'closed' })).toEqual(['wang']);
  expect(breakers({ status: 'accepted' })).toEqual(['wang']);
  for (const status of ['requested', 'more-asked', 'declined', 'cancelled'] as const)
    expect(breakers({ status, expertId: null })).toEqual([]);
  expect(breakers({ status: 'closed', organisationId: 'hospital' })).toEqual([]);
  expect(who((name) => mayReviewGlass(actors[name]!))).toEqual(['owner', 'stranger']);
});

test('[CN-40] who writes in the chat: the sides until the end, to and from the patient while the room is open', () => {
  const who = (facts: Partial<ConsultFacts>, audience: 'team' | 'all') =>
    Object.keys(actors).filter((name) => mayChat(actors[name]!, { ...consult, ...facts }, audience));
  expect(who({}, 'team')).toEqual(['li', 'owner', 'nurse', 'wang']);
  expect(who({}, 'all')).toEqual(['li', 'owner', 'nurse', 'wang', 'patient']);
  expect(who({ status: 'more-asked' }, 'team')).toContain('li');
  expect(who({ status: 'more-asked' }, 'all')).toEqual([]);
  for (const audience of ['team', 'all'] as const) expect(who({ status: 'closed' }, audience)).toEqual([]);
});

test('[CN-42] who mutes, shows out, locks and ends: who decides, and the expert, while the room is open', () => {
  const who = (facts: Partial<ConsultFacts>) =>
    Object.keys(actors).filter((name) => mayModerate(actors[name]!, { ...consult, ...facts }));
  expect(who({})).toEqual(['li', 'owner', 'wang']);
  for (const status of ['requested', 'more-asked', 'declined', 'cancelled', 'closed'] as const)
    expect(who({ status })).toEqual([]);
});

test('[RC-1] [RC-8] [RC-14] who records, who plays what was recorded, and who deletes it', () => {
  const who = (may: (actor: Actor, facts: ConsultFacts) => boolean, facts: Partial<ConsultFacts> = {}) =>
    Object.keys(actors).filter((name) => may(actors[name]!, { ...consult, ...facts }));
  expect(who(mayRecordRoom)).toEqual(['li', 'owner', 'wang']);
  expect(who(mayRecordRoom, { status: 'closed' })).toEqual([]);
  expect(who(mayPlayRecording)).toEqual(['li', 'owner', 'nurse', 'wang']);
  expect(who(mayPlayRecording, { status: 'closed' })).toEqual(['li', 'owner', 'nurse']);
  for (const status of ['accepted', 'closed'] as const)
    expect(who(mayDeleteRecording, { status })).toEqual(['li', 'owner']);
  expect(who(mayDeleteRecording, { requesterId: 'a colleague' })).toEqual(['owner']);
  // What an organisation changed of a role: taken, it is gone; given, it goes no further than the profession.
  const changed = (role: MemberRole, rights: Record<string, boolean>) =>
    mayDeleteRecording({ ...member('li', 'clinic', role), rights }, consult);
  expect(changed('dentist', { 'consult:delete-recording': false })).toBe(false);
  expect(changed('dentist', { 'consult:decide': false })).toBe(false);
  expect(changed('nurse', { 'consult:delete-recording': true, 'consult:decide': true })).toBe(false);
});

test('who may ask', () => {
  const asking = Object.keys(actors).filter((name) => mayAsk(actors[name]!));
  expect(asking).toEqual(['li', 'owner', 'stranger']);
});

test('[CN-33] [CN-34] who keeps the waiting room, and who lets in', () => {
  const who = (may: (actor: Actor, facts: ConsultFacts) => boolean) =>
    Object.keys(actors).filter((name) => may(actors[name]!, consult));
  expect(who(mayKeepWaiting)).toEqual(['li', 'owner', 'nurse']);
  expect(who(mayAdmit)).toEqual(['li', 'owner', 'wang']);
});

describe('[CN-72] who is invited besides', () => {
  const guest = member('lin', 'centre', 'expert', 'periodontics');
  const invited = { ...consult, guest: { userId: 'lin', guestOrganisationId: 'centre' } };
  const acts = {
    answer: mayAnswer,
    advise: mayAdvise,
    decide: mayDecide,
    admit: mayAdmit,
    keepWaiting: mayKeepWaiting,
    changeGrant: mayChangeGrant,
    inviteGuests: mayInviteGuests,
    moderate: mayModerate,
    record: mayRecordRoom,
    play: mayPlayRecording,
    exportBoard: mayExportBoard,
    replay: mayReplayBoard,
    readOpinions: mayReadOpinions,
    breakGlass: mayBreakGlass,
    toAll: (actor: Actor, facts: ConsultFacts) => mayChat(actor, facts, 'all'),
    toTeam: (actor: Actor, facts: ConsultFacts) => mayChat(actor, facts, 'team'),
    readComments: mayReadComments,
    comment: mayComment,
    leave: mayLeave
  };
  const allowed = (actor: Actor, facts: ConsultFacts) =>
    Object.entries(acts).flatMap(([name, may]) => (may(actor, facts) ? [name] : []));

  test('sits in, draws, writes to the team and at pins, leaves; nothing else', () => {
    expect(sideOf(guest, invited)).toBe('guest');
    expect(boardMode(guest, invited)).toBe('write');
    expect(allowed(guest, invited)).toEqual(['toTeam', 'readComments', 'comment', 'leave']);
  });

  test('nobody else by their invitation, nor they without it, after the end, or from another place', () => {
    const others: [Actor, ConsultFacts][] = [
      [guest, consult],
      [guest, { ...invited, guest: null }],
      [guest, { ...invited, status: 'closed' }],
      [guest, { ...invited, status: 'requested' }],
      [member('lin', 'elsewhere', 'expert', 'periodontics'), invited],
      [member('lin', 'centre', 'owner'), invited],
      [member('lin', 'clinic', 'receptionist'), invited],
      [member('other', 'centre', 'expert', 'periodontics'), invited],
      [actors['sun']!, invited],
      [actors['stranger']!, invited]
    ];
    for (const [actor, facts] of others)
      expect([sideOf(actor, facts), boardMode(actor, facts), allowed(actor, facts)]).toEqual([
        null,
        null,
        []
      ]);
  });

  test('invited by who decides on the asking side, in an open consult', () => {
    const may = Object.entries(actors).flatMap(([name, actor]) =>
      mayInviteGuests(actor, consult) ? [name] : []
    );
    expect(may).toEqual(['li', 'owner']);
    for (const status of ['requested', 'more-asked', 'declined', 'cancelled', 'closed'] as const)
      expect(mayInviteGuests(actors['li']!, { ...consult, status })).toBe(false);
  });
});
