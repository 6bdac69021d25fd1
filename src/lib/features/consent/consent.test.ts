import { expect, test } from 'vitest';
import { allows, stateOf, type Answer } from './consent.ts';
import { mayAnswerFor, mayReadConsents } from './policy.server.ts';
import { textHash } from './text-hash.server.ts';
import { consentTexts } from './texts.ts';
import type { Actor, MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';

const answer = (over: Partial<Answer>): Answer => ({
  number: 1,
  purpose: 'recording',
  personId: 'p',
  answer: 'given',
  version: 1,
  withdrawnAt: null,
  consultId: null,
  ...over
});

test.each<[string, Answer[], ReturnType<typeof stateOf>]>([
  ['nothing said', [], 'unasked'],
  ['another person', [answer({ personId: 'q' })], 'unasked'],
  ['another purpose', [answer({ purpose: 'teaching' })], 'unasked'],
  ['yes', [answer({})], 'given'],
  ['no', [answer({ answer: 'refused' })], 'refused'],
  ['no to an older text', [answer({ answer: 'refused', version: 0 })], 'refused'],
  ['yes to an older text', [answer({ version: 0 })], 'outdated'],
  ['withdrawn', [answer({ withdrawnAt: new Date() })], 'withdrawn'],
  ['withdrawn, then yes', [answer({ number: 2 }), answer({ withdrawnAt: new Date() })], 'given'],
  ['yes, then no, in any order', [answer({ number: 2, answer: 'refused' }), answer({})], 'refused']
])('[CS-2] %s', (_, answers, state) => {
  expect(stateOf(answers, 'p', 'recording', 1)).toBe(state);
  expect(allows(state)).toBe(state === 'given');
});

// Word for word what people agreed to. A change here is a change of history: add a version instead.
test('[CS-1] the words of each version are what they were', () => {
  const hashes = consentTexts.flatMap((text) =>
    (['zh-CN', 'en'] as const).map(
      (locale) => `${text.purpose} ${text.version} ${locale} ${textHash(text, locale)}`
    )
  );
  expect(hashes).toMatchSnapshot();
  expect(new Set(hashes).size).toBe(hashes.length);
});

const link: PatientLinkActor = {
  kind: 'patient-link',
  inviteId: 'i',
  consultId: 'c',
  patientId: 'p',
  organisationId: 'o',
  name: ''
};
const by = (speaksFor: boolean): PatientLinkActor => ({
  ...link,
  delegate: { id: 'd', relation: 'parent', scopes: [], speaksFor }
});
const member = (role: MemberActor['role'], organisationId = 'o'): MemberActor => ({
  kind: 'member',
  userId: 'm',
  memberId: '',
  organisationId,
  clinicId: null,
  role,
  name: '',
  sessionId: ''
});
const system: Actor = { kind: 'system', organisationId: 'o', reason: '' };

test.each<[string, Actor, 'patient' | 'delegate' | 'member', string, boolean]>([
  ['the patient for themselves', link, 'patient', 'p', true],
  ['the patient for who stands by them', link, 'delegate', 'd', false],
  ['another patient', { ...link, patientId: 'x' }, 'patient', 'p', false],
  ['a delegate for themselves', by(false), 'delegate', 'd', true],
  ['a delegate for another one', by(true), 'delegate', 'e', false],
  ['a delegate for the patient', by(false), 'patient', 'p', false],
  ['a guardian for the patient', by(true), 'patient', 'p', true],
  ['a link for staff', link, 'member', 'm', false],
  ['reception for the patient', member('receptionist'), 'patient', 'p', true],
  ['a nurse for a delegate', member('nurse'), 'delegate', 'd', true],
  ['an expert for the patient', member('expert'), 'patient', 'p', false],
  ['a foreign dentist for the patient', member('dentist', 'x'), 'patient', 'p', false],
  ['a foreign expert for themselves', member('expert', 'x'), 'member', 'm', true],
  ['a dentist for a colleague', member('dentist'), 'member', 'n', false],
  ['the server', system, 'patient', 'p', false]
])('[CS-3] %s', (_, actor, personKind, personId, may) => {
  expect(mayAnswerFor(actor, { organisationId: 'o', patientId: 'p', personKind, personId })).toBe(may);
});

test.each<[string, Actor, boolean]>([
  ['the patient', link, true],
  ['another patient', { ...link, patientId: 'x' }, false],
  ['reception', member('receptionist'), true],
  ['a foreign owner', member('owner', 'x'), false],
  ['the server', system, false]
])('[CS-7] receipts read by %s', (_, actor, may) => {
  expect(mayReadConsents(actor, { id: 'p', organisationId: 'o' })).toBe(may);
});
