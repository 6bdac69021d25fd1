import { eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { propose, saveOpinion } from '#lib/features/consults/advise.server.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { sayInConsult } from '#lib/features/consults/chat.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { inviteGuest } from '#lib/features/consults/guests.server.ts';
import { addComment } from '#lib/features/consults/comments.server.ts';
import { invitePatient, passDoor, visitCookie, visitorOf } from '#lib/features/consults/invite.server.ts';
import { chairs } from '#lib/features/appointments/tables.server.ts';
import { bookVisit } from '#lib/features/treatment/booking.server.ts';
import { createPlan } from '#lib/features/treatment/plans.server.ts';
import { dayMs, hourMs } from '#lib/kernel/clock.ts';
import { visitRequests } from '#lib/features/consults/tables.server.ts';
import { answerOnVisit } from '#lib/features/consults/visit.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { recordFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { addDelegate } from '#lib/features/patients/delegates.server.ts';
import { addHealthItem, addNote, addPatient } from '#lib/features/patients/patients.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { askCorrection } from '#lib/features/rights/corrections.server.ts';
import { answers } from '../support/consent.ts';
import { questionOf } from '../support/question.ts';
import { organisation, testPassword, type World } from '../support/world.ts';

/** Everybody who may knock, by what they are to the case `own`. */
export const actors = [
  'nobody',
  'boss',
  'li',
  'nurse',
  'reception',
  'gone',
  'chief',
  'wang',
  'sun',
  'liu',
  'stranger',
  'strangerBoss',
  'strangerNurse',
  'strangerReception',
  'strangerExpert',
  'guest',
  'guestColleague',
  'patient',
  'otherPatient'
] as const;
export type ActorName = (typeof actors)[number];

/** One patient with a consult and everything about it that has an id. */
export interface Case {
  clinicId: string;
  patientId: string;
  imageId: string;
  findingId: string;
  healthId: string;
  consultId: string;
  boardId: string;
  proposalId: string;
  commentId: string;
  correctionId: string;
  /** Of the patient's link. */
  link: string;
  inviteId: string;
  delegateId: string;
  requestId: string;
  practitionerId: string;
  chairId: string;
  appointmentId: string;
  planId: string;
  planItemId: string;
  /** Words that stand nowhere else. */
  words: { person: string[]; record: string[]; consult: string[]; draft: string[] };
}

/**
 * Three cases: `own` of the town clinic, answered by Wang; `second` of the same clinic, answered by Liu;
 * `foreign` of a clinic that has nothing to do with either. And `open`, a question to all endodontists of
 * the hospital that nobody has answered yet. To `own` a specialist of a third organisation is invited.
 */
export interface Scene {
  cases: Record<'own' | 'second' | 'foreign', Case>;
  open: { consultId: string; words: string[] };
  /** Whom a new question can be put to. */
  expertId: string;
  /** [CN-70] Who is invited to the case `own`, with the picture alone. */
  guest: MemberActor;
  cookies: Record<ActorName, string>;
}

export async function makeScene(world: World): Promise<Scene> {
  const { people } = await organisation(world, '省口腔医学中心', [
    ['guest', 'expert', '特邀者', 'periodontics'],
    ['guestColleague', 'dentist', '特邀者的同事']
  ]);
  Object.assign(world.people, people);
  const guest = people['guest']!;
  const { li, wang, liu, stranger, strangerExpert } = world.people;
  const own = await makeCase(world, 'own', li, wang, world.clinicId);
  const second = await makeCase(world, 'second', li, liu, world.clinicId);
  await inviteGuest(world.as(li), own.consultId, {
    ...{ userId: guest.userId, organisationId: guest.organisationId, reason: '', until: null },
    items: [{ kind: 'image', itemId: own.imageId }]
  });
  const foreign = await makeCase(world, 'foreign', stranger, strangerExpert, world.strangerClinicId);
  const asked = await addPatient(world.as(li), person('open', world.clinicId));
  const { id: consultId } = await askExpert(
    world.as(li),
    questionOf({
      patientId: asked.id,
      question: '问题-open',
      target: { kind: 'specialty', organisationId: world.hospitalId, specialty: 'endodontics' },
      share: { chart: true }
    })
  );
  return {
    cases: { own, second, foreign },
    open: { consultId, words: ['病人-open', '问题-open'] },
    expertId: wang.userId,
    guest,
    cookies: await cookiesOf(world, own, second)
  };
}

function person(mark: string, clinicId: string) {
  const phone = `139${mark.length}${[...mark].map((c) => c.charCodeAt(0) % 10).join('')}000`.slice(0, 9);
  return {
    clinicId,
    name: `病人-${mark}`,
    sex: 'female' as const,
    birthDate: '1960-04-05',
    phone: `${phone}77`
  };
}

async function makeCase(
  world: World,
  mark: string,
  dentist: MemberActor,
  expert: MemberActor,
  clinicId: string
): Promise<Case> {
  const call = world.as(dentist);
  const given = person(mark, clinicId);
  const { id: patientId } = await addPatient(call, given);
  await addNote(call, { patientId, text: `病历-${mark}`, teeth: [] });
  const health = await addHealthItem(call, { patientId, kind: 'allergy', label: `过敏-${mark}` });
  const finding = await recordFinding(call, {
    patientId,
    tooth: '36',
    code: 'caries',
    status: 'needs',
    surfaces: ['O'],
    note: `发现-${mark}`
  });
  const { image } = await uploadImage(call, {
    patientId,
    fileName: `片子-${mark}.dcm`,
    source: (async function* () {
      yield fixtureDicom({ set: [['00080018', 'UI', `2.25.${mark.length}${mark.charCodeAt(0)}`]] });
    })(),
    confirmOtherPatient: true
  });
  const { id: consultId } = await askExpert(
    call,
    questionOf({
      patientId,
      question: `问题-${mark}`,
      target: { kind: 'expert', expertId: expert.userId },
      mode: 'scheduled',
      slotAt: new Date(Date.now() + 7 * dayMs).toISOString(),
      share: { chart: true, imageIds: [image.id] }
    })
  );
  await acceptConsult(world.as(expert), consultId);
  await sayInConsult(world.as(expert), consultId, { text: `对话-${mark}` });
  await saveOpinion(world.as(expert), consultId, {
    diagnosis: `诊断-${mark}`,
    text: `意见-${mark}`,
    advice: ''
  });
  await propose(world.as(expert), consultId, {
    kind: 'finding',
    content: { tooth: '37', code: 'caries', status: 'needs', surfaces: ['O'], note: '' }
  });
  await addComment(world.as(expert), consultId, {
    pin: { shapeId: 'shape:pin1', number: 1, tooth: '36' },
    text: `钉注-${mark}`
  });
  const chairId = newId();
  await inTransaction(call, ({ rows }) =>
    rows
      .insert(chairs)
      .values({ id: chairId, organisationId: dentist.organisationId, clinicId, name: `椅-${mark}` })
  );
  const booked = await bookVisit(call, {
    clinicId,
    patientId,
    practitionerId: dentist.memberId,
    chairId,
    startsAt: new Date(Date.now() + dayMs + mark.length * hourMs),
    minutes: 30,
    reason: '初诊',
    note: ''
  });
  const plan = await createPlan(call, {
    patientId,
    draft: {
      title: `方案-${mark}`,
      phases: [{ title: '', items: [{ tooth: '36', procedure: 'root_canal', visits: 3, minutes: 60 }] }]
    }
  });
  const correction = await askCorrection(call, { patientId, part: 'notes', text: `更正-${mark}` });
  const view = await readConsult(call, consultId);
  const { path } = await invitePatient(call, consultId);
  const link = path.slice('/v/'.length);
  const invited = await readConsult(call, consultId);
  const requestId = newId();
  await inTransaction(call, (tx) =>
    tx.rows.insert(visitRequests).values({
      id: requestId,
      organisationId: dentist.organisationId,
      consultId,
      patientId,
      kind: 'phone',
      inviteId: invited.invites[0]!.id,
      byName: given.name,
      at: tx.now
    })
  );
  const delegate = await addDelegate(call, {
    patientId,
    name: `家属-${mark}`,
    relation: 'daughter',
    scopes: ['join'],
    phone: '13700001122',
    basis: ''
  });
  return {
    clinicId,
    patientId,
    imageId: image.id,
    findingId: finding.id,
    healthId: health.id,
    consultId,
    boardId: view.boardId!,
    proposalId: view.proposals[0]!.id,
    commentId: view.threads[0]!.steps[0]!.id,
    correctionId: correction.id,
    link,
    inviteId: invited.invites[0]!.id,
    delegateId: delegate.id,
    requestId,
    practitionerId: dentist.memberId,
    chairId,
    appointmentId: booked.id,
    planId: plan.id,
    planItemId: plan.phases[0]!.items[0]!.id,
    words: {
      person: [given.name, given.phone, `家属-${mark}`],
      record: [`病历-${mark}`, `过敏-${mark}`, `发现-${mark}`, `方案-${mark}`, `更正-${mark}`],
      consult: [`问题-${mark}`, `对话-${mark}`, `钉注-${mark}`],
      draft: [`诊断-${mark}`, `意见-${mark}`]
    }
  };
}

async function cookiesOf(world: World, own: Case, second: Case): Promise<Record<ActorName, string>> {
  const made: Partial<Record<ActorName, string>> = { nobody: '' };
  for (const name of actors)
    if (name in world.people)
      made[name] = await signIn(world, world.people[name as keyof World['people']].userId);
  made.gone = await dismissed(world);
  made.patient = await visit(world, own);
  made.otherPatient = await visit(world, second);
  return made as Record<ActorName, string>;
}

async function signIn(world: World, userId: string): Promise<string> {
  const { setCookies } = await world.services.auth.openSession({
    userId,
    headers: new Headers(),
    ip: '127.0.0.1'
  });
  return setCookies.map((cookie) => cookie.split(';')[0]).join('; ');
}

/** A dentist of the asking clinic who was signed in when the place ended. */
async function dismissed(world: World): Promise<string> {
  const { li } = world.people;
  const userId = await world.services.auth.createUser({
    email: 'gone@test.invalid',
    password: testPassword,
    name: '离职者'
  });
  const id = newId();
  await inTransaction(world.as(li), async (tx) => {
    const { organisationId, clinicId } = li;
    await tx.rows
      .insert(members)
      .values({ id, organisationId, clinicId, userId, name: '离职者', role: 'dentist', title: '' });
  });
  const cookie = await signIn(world, userId);
  await inTransaction(world.as(li), (tx) =>
    tx.rows.update(members).set({ revokedAt: tx.now }).where(eq(members.id, id))
  );
  return cookie;
}

async function visit(world: World, of: Case): Promise<string> {
  const { secret } = await passDoor(
    { ...world.services, request: { id: 'test', ip: '127.0.0.1' } },
    { token: of.link, digits: of.words.person[1]!.slice(-4) }
  );
  const visitor = await visitorOf(world.services, secret);
  if (!visitor) throw new Error('no visitor behind the cookie');
  await answerOnVisit(world.as(visitor), answers({ video: true }));
  return `${visitCookie(world.services)}=${secret}`;
}
