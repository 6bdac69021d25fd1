import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { newId } from '#lib/kernel/ids.ts';
import { answers } from '../support/consent.ts';
import { questionOf } from '../support/question.ts';
import { testPassword } from '../support/world.ts';
import { actors, type ActorName, type Case, type Scene } from './scene.ts';

/** What one door asks for and who may pass it. Everyone else must be refused and learn nothing. */
export interface Door {
  /** The address for this case; of the case `own` it may point at the scene's open question instead. */
  at: (of: Case, scene: Scene) => string;
  /** JSON, or `form` for a page's action, or `file` as a raw body. Valid: only access may stand in the way. */
  body?: (of: Case, scene: Scene) => unknown;
  form?: Record<string, string>;
  file?: () => Uint8Array;
  /** Who passes for the case `own`. */
  may: readonly ActorName[];
  /** Holds no id of a case: whoever passes gets what is theirs. */
  personal?: boolean;
  /** Can be done once: whoever comes second finds it done. */
  once?: boolean;
  /** Reads or changes a patient's data, and so leaves an audit event of that patient. */
  audited?: boolean;
}

const staff: ActorName[] = ['boss', 'li', 'nurse', 'reception'];
const clinical: ActorName[] = ['li', 'nurse'];
const asking: ActorName[] = ['boss', 'li', 'nurse'];
const deciding: ActorName[] = ['boss', 'li'];
const writing: ActorName[] = ['boss', 'li', 'nurse'];
const inRoom: ActorName[] = [...asking, 'wang'];
/** [CN-72] With who was invited besides. */
const withGuest: ActorName[] = [...inRoom, 'guest'];
const members = actors.filter((name) => !['nobody', 'gone', 'patient', 'otherPatient'].includes(name));

const consult = (rest: string) => (of: Case) => `/api/consults/${of.consultId}/${rest}`;
const openOr = (rest: string) => (of: Case, scene: Scene) =>
  `/consults/${of === scene.cases.own ? scene.open.consultId : of.consultId}${rest}`;
const nextWeek = new Date(Date.now() + 7 * 86_400_000).toISOString();
const owners: ActorName[] = ['boss', 'chief', 'strangerBoss'];

/** Every door of the built app, by method and route. A route without a line here fails the test. */
export const table: Record<string, Door> = {
  // Pages
  'GET /': { at: () => '/', may: members, personal: true },
  'GET /patients': { at: () => '/patients?q=病人', may: members, personal: true },
  'GET /patients/[id]': {
    at: (of) => `/patients/${of.patientId}`,
    may: [...staff, 'wang', 'guest'],
    audited: true
  },
  'GET /patients/[id]/rights': {
    at: (of) => `/patients/${of.patientId}/rights`,
    may: staff,
    audited: true
  },
  'POST /api/patients/[id]/export': {
    at: (of) => `/api/patients/${of.patientId}/export`,
    body: () => ({ password: testPassword }),
    may: deciding,
    audited: true
  },
  'POST /api/patients/[id]/corrections': {
    at: (of) => `/api/patients/${of.patientId}/corrections`,
    body: () => ({ part: 'notes', text: '有误' }),
    may: staff,
    audited: true
  },
  'POST /api/patients/[id]/deletion': {
    at: (of) => `/api/patients/${of.patientId}/deletion`,
    body: () => ({ reason: '本人要求' }),
    may: staff,
    audited: true
  },
  'GET /api/patients/[id]/erasure': {
    at: (of) => `/api/patients/${of.patientId}/erasure`,
    may: deciding,
    audited: true
  },
  // Kept for years to come: whoever passes is told so.
  'POST /api/patients/[id]/erasure': {
    at: (of) => `/api/patients/${of.patientId}/erasure`,
    body: () => ({ basis: 'asked' }),
    may: deciding
  },
  // Of nothing anybody asked: whoever passes is told there is no such thing.
  'PUT /api/erasures/[id]': {
    at: () => `/api/erasures/${newId()}`,
    body: () => ({ decision: 'withdraw' }),
    may: []
  },
  // No number of years: whoever passes is told so.
  'POST /rights?/retention': { at: () => '/rights?/retention', form: { years: '14' }, may: [] },
  'PUT /api/patients/[id]/hold': {
    at: (of) => `/api/patients/${of.patientId}/hold`,
    body: () => ({ reason: '纠纷' }),
    may: ['boss'],
    once: true,
    audited: true
  },
  'DELETE /api/patients/[id]/hold': {
    at: (of) => `/api/patients/${of.patientId}/hold`,
    body: () => ({ reason: '结案' }),
    may: ['boss'],
    once: true,
    audited: true
  },
  'PUT /api/corrections/[id]': {
    at: (of) => `/api/corrections/${of.correctionId}`,
    body: () => ({ decision: 'refuse', answer: '无误' }),
    may: deciding,
    once: true,
    audited: true
  },
  'GET /api/visit/corrections': {
    at: () => '/api/visit/corrections',
    may: ['patient', 'otherPatient'],
    personal: true
  },
  'POST /api/visit/corrections': {
    at: () => '/api/visit/corrections',
    body: () => ({ part: 'notes', text: '有误' }),
    may: ['patient', 'otherPatient'],
    personal: true
  },
  'GET /rights': {
    at: () => '/rights',
    may: ['boss', 'li', 'chief', 'strangerBoss', 'stranger', 'guestColleague'],
    personal: true
  },
  'GET /processing': { at: () => '/processing', may: owners, personal: true },
  'GET /consults': { at: () => '/consults', may: members, personal: true },
  'GET /consults/[id]': { at: (of) => `/consults/${of.consultId}`, may: withGuest, audited: true },
  'GET /room/[id]': { at: (of) => `/room/${of.consultId}`, may: withGuest, audited: true },
  'GET /outbox': { at: () => '/outbox', may: owners, personal: true },
  'GET /audit': { at: () => '/audit', may: owners, personal: true },
  'POST /api/audit': { at: () => '/api/audit', may: owners, personal: true },
  'GET /organisation': { at: () => '/organisation', may: owners, personal: true },
  'GET /organisation/clinics': { at: () => '/organisation/clinics', may: owners, personal: true },
  'POST /organisation/clinics?/add': {
    at: () => '/organisation/clinics?/add',
    form: { name: '新门诊', nameEn: 'New clinic' },
    may: owners,
    personal: true
  },
  // Of nobody in any of these organisations.
  'POST /organisation/clinics?/rename': {
    at: () => '/organisation/clinics?/rename',
    form: { kind: 'clinic', id: newId(), name: '新名', nameEn: 'New name' },
    may: []
  },
  'POST /organisation/clinics?/close': {
    at: () => '/organisation/clinics?/close',
    form: { kind: 'clinic', id: newId() },
    may: []
  },
  'POST /organisation/clinics?/reopen': {
    at: () => '/organisation/clinics?/reopen',
    form: { kind: 'department', id: newId() },
    may: []
  },
  'GET /organisation/permissions': { at: () => '/organisation/permissions', may: owners, personal: true },
  'POST /organisation/permissions?/rights': {
    at: () => '/organisation/permissions?/rights',
    form: { base: 'nurse', take: 'image:withdraw' },
    may: owners,
    personal: true
  },
  'POST /organisation/permissions?/restore': {
    at: () => '/organisation/permissions?/restore',
    form: { base: 'nurse' },
    may: owners,
    personal: true
  },
  'POST /organisation/permissions?/add': {
    at: () => '/organisation/permissions?/add',
    form: { base: 'nurse', name: '洗牙师', nameEn: 'Hygienist' },
    may: owners,
    personal: true
  },
  'POST /organisation/permissions?/close': {
    at: () => '/organisation/permissions?/close',
    form: { id: newId() },
    may: []
  },
  'POST /organisation?/verify': {
    at: () => '/organisation?/verify',
    // Of nobody in any of these organisations: whoever passes is told there is no such person.
    form: {
      memberId: newId(),
      specialty: 'endodontics',
      licenceNumber: '110',
      issuedBy: '市卫健委',
      validUntil: '2030-01-01'
    },
    may: []
  },
  'POST /organisation?/withdraw': { at: () => '/organisation?/withdraw', form: { id: newId() }, may: [] },
  'GET /organisation/quality': { at: () => '/organisation/quality', may: owners, personal: true },
  'GET /api/call-quality': { at: () => '/api/call-quality?days=7', may: owners, personal: true },
  'GET /organisation/break-glass': { at: () => '/organisation/break-glass', may: owners, personal: true },
  // Of nothing anybody broke: whoever passes is told there is no such thing.
  'POST /organisation/break-glass?/review': {
    at: () => '/organisation/break-glass?/review',
    form: { id: newId(), verdict: 'justified', comment: '已核实' },
    may: []
  },
  // No number of days: whoever passes is told so.
  'POST /organisation?/grants': { at: () => '/organisation?/grants', form: { days: '31' }, may: [] },
  // The grant is in force: whoever passes is told so.
  'POST /consults/[id]?/breakGlass': {
    at: (of) => `/consults/${of.consultId}?/breakGlass`,
    form: { category: 'emergency', reason: '患者今晚急诊，需核对过敏史' },
    may: []
  },
  'GET /sign-in': { at: () => '/sign-in', may: actors, personal: true },
  'GET /v/[token]': { at: (of) => `/v/${of.link}`, may: actors },
  // Wrong digits; the right ones are a key of their own (tests/integration/visit.test.ts).
  'POST /v/[token]?/default': { at: (of) => `/v/${of.link}`, form: { digits: '0000' }, may: [] },
  'POST /sign-in?/default': {
    at: () => '/sign-in',
    form: { email: 'li@test.invalid', password: 'not the right one' },
    // Who is signed in is sent on; the others are refused.
    may: members,
    personal: true
  },

  // The record
  'POST /api/patients': {
    at: () => '/api/patients',
    body: (of) => ({
      clinicId: of.clinicId,
      name: '新人',
      sex: 'male',
      birthDate: '1970-01-01',
      phone: '13700000000'
    }),
    may: staff
  },
  'POST /api/patients/[id]/findings': {
    at: (of) => `/api/patients/${of.patientId}/findings`,
    body: () => ({ tooth: '11', code: 'caries', status: 'needs', surfaces: ['M'] }),
    may: clinical,
    audited: true
  },
  'POST /api/patients/[id]/health': {
    at: (of) => `/api/patients/${of.patientId}/health`,
    body: () => ({ kind: 'condition', label: '哮喘' }),
    may: writing,
    audited: true
  },
  'POST /api/patients/[id]/notes': {
    at: (of) => `/api/patients/${of.patientId}/notes`,
    body: () => ({ text: '复诊' }),
    may: writing,
    audited: true
  },
  'GET /api/patients/[id]/readers': {
    at: (of) => `/api/patients/${of.patientId}/readers`,
    may: writing,
    audited: true
  },
  'GET /api/patients/[id]/delegates': {
    at: (of) => `/api/patients/${of.patientId}/delegates`,
    may: staff,
    audited: true
  },
  'POST /api/patients/[id]/delegates': {
    at: (of) => `/api/patients/${of.patientId}/delegates`,
    body: () => ({ name: '某人', relation: 'son', scopes: ['times'], phone: '13700003344' }),
    may: staff,
    audited: true
  },
  'GET /api/patients/[id]/consents': {
    at: (of) => `/api/patients/${of.patientId}/consents`,
    may: staff,
    audited: true
  },
  'POST /api/patients/[id]/consents': {
    at: (of) => `/api/patients/${of.patientId}/consents`,
    body: (of) => ({
      ...answers({ video: true }),
      person: { kind: 'patient', id: of.patientId }
    }),
    may: staff
  },
  'GET /api/patients/[id]/consents/receipt': {
    at: (of) => `/api/patients/${of.patientId}/consents/receipt`,
    may: staff,
    audited: true
  },
  'GET /api/visit/readers': {
    at: () => '/api/visit/readers',
    may: ['patient', 'otherPatient'],
    personal: true
  },
  'POST /api/images': {
    at: (of) => `/api/images?patient=${of.patientId}`,
    file: () => fixtureDicom({ set: [['00080018', 'UI', `2.25.${Math.floor(Math.random() * 1e12)}`]] }),
    may: clinical,
    audited: true
  },
  'GET /api/images/[id]/frame': {
    at: (of) => `/api/images/${of.imageId}/frame`,
    may: [...staff, 'wang', 'guest', 'patient'],
    audited: true
  },
  'GET /api/images/[id]/thumbnail': {
    at: (of) => `/api/images/${of.imageId}/thumbnail`,
    may: [...staff, 'wang', 'guest', 'patient']
  },
  'POST /api/images/[id]/link': {
    at: (of) => `/api/images/${of.imageId}/link`,
    body: () => ({}),
    may: clinical,
    audited: true
  },
  // A made-up signature; a true one is a key of its own (tests/integration/file-link.test.ts).
  'GET /files/[token]': {
    at: (of) => `/files/${of.clinicId}.${of.imageId}.${of.practitionerId}.zzzzzzzz.${'0'.repeat(64)}`,
    may: []
  },
  'PUT /api/images/[id]/calibration': {
    at: (of) => `/api/images/${of.imageId}/calibration`,
    body: () => ({ mmPerPixel: 0.1, knownObject: '5 mm' }),
    may: ['li'],
    audited: true
  },
  'GET /api/images/[id]/uses': { at: (of) => `/api/images/${of.imageId}/uses`, may: clinical, audited: true },
  'PUT /api/images/[id]/withdrawal': {
    at: (of) => `/api/images/${of.imageId}/withdrawal`,
    body: () => ({ reason: '拍错' }),
    may: clinical,
    once: true,
    audited: true
  },
  'DELETE /api/images/[id]/withdrawal': {
    at: (of) => `/api/images/${of.imageId}/withdrawal`,
    may: clinical,
    once: true,
    audited: true
  },
  'DELETE /api/findings/[id]': {
    at: (of) => `/api/findings/${of.findingId}?reason=错`,
    once: true,
    may: clinical,
    audited: true
  },
  'DELETE /api/health/[id]': {
    at: (of) => `/api/health/${of.healthId}`,
    once: true,
    may: writing,
    audited: true
  },
  'GET /api/search': { at: () => '/api/search?q=病人', may: members, personal: true },

  // Appointments
  'GET /api/slots': {
    at: (of) => `/api/slots?clinicId=${of.clinicId}&patientId=${of.patientId}`,
    may: staff
  },
  'POST /api/appointments': {
    at: () => '/api/appointments',
    body: (of) => ({
      clinicId: of.clinicId,
      patientId: of.patientId,
      practitionerId: of.practitionerId,
      chairId: of.chairId,
      startsAt: nextWeek,
      minutes: 30,
      reason: '复查'
    }),
    once: true,
    may: staff
  },

  'PATCH /api/appointments/[id]': {
    at: (of) => `/api/appointments/${of.appointmentId}`,
    body: () => ({ from: 'booked', move: 'cancel', reason: '病人取消' }),
    may: staff,
    once: true
  },

  // Plans
  'PATCH /api/plan-items/[id]': {
    at: (of) => `/api/plan-items/${of.planItemId}`,
    body: () => ({ status: 'in-progress' }),
    may: clinical,
    once: true
  },
  'POST /api/plan-items/[id]/visits': {
    at: (of) => `/api/plan-items/${of.planItemId}/visits`,
    body: () => ({}),
    may: clinical
  },
  'PUT /api/plans/[id]/agreement': {
    at: (of) => `/api/plans/${of.planId}/agreement`,
    body: () => ({ by: 'patient' }),
    may: ['li']
  },

  // Asking
  'PUT /api/drafts': {
    at: () => '/api/drafts',
    body: (of) => ({ patientId: of.patientId, content: { question: '半句' } }),
    may: deciding
  },
  // Touches nothing but the asker's own half-written question.
  'DELETE /api/drafts': {
    at: (of) => `/api/drafts?patient=${of.patientId}`,
    may: [...owners, 'li', 'stranger', 'guestColleague'],
    personal: true
  },
  'POST /api/consults': {
    at: () => '/api/consults',
    body: (of, scene) =>
      questionOf({
        patientId: of.patientId,
        question: '再问',
        target: { kind: 'expert', expertId: scene.expertId }
      }),
    may: deciding
  },
  'POST /consults/[id]?/askMore': {
    at: openOr('?/askMore'),
    form: { text: '?' },
    once: true,
    may: ['wang', 'sun']
  },
  'POST /consults/[id]?/answerMore': { at: openOr('?/answerMore'), form: { text: '!' }, may: deciding },
  'POST /consults/[id]?/accept': { at: openOr('?/accept'), form: {}, once: true, may: ['wang', 'sun'] },
  'POST /consults/[id]?/decline': {
    at: openOr('?/decline'),
    form: { reason: '忙' },
    once: true,
    may: ['wang', 'sun']
  },
  'POST /consults/[id]?/cancel': { at: openOr('?/cancel'), form: {}, once: true, may: deciding },

  // The room
  'POST /api/consults/[id]/messages': {
    at: consult('messages'),
    body: () => ({ text: '好' }),
    may: withGuest,
    audited: true
  },
  'POST /api/consults/[id]/messages/file': {
    at: consult('messages/file?name=a.pdf&audience=team'),
    file: () => new TextEncoder().encode('%PDF-1.4\n%%EOF'),
    may: withGuest,
    audited: true
  },
  // Of no message; true ones are in tests/integration/in-room.test.ts.
  'GET /api/consults/[id]/messages/file': {
    at: (of) => `/api/consults/${of.consultId}/messages/file?message=${newId()}`,
    may: []
  },
  'GET /api/visit/chat-file': { at: () => `/api/visit/chat-file?message=${newId()}`, may: [] },
  'POST /api/consults/[id]/call': { at: consult('call'), body: () => ({ hand: true }), may: withGuest },
  'PUT /api/consults/[id]/call': {
    at: consult('call'),
    body: () => ({
      ...{ id: crypto.randomUUID(), seconds: 60, seatMs: 1, lineMs: 1, pictureMs: 1, way: 'udp' },
      ...{ roundTripMs: 1, roundTripP95Ms: 1, lossIn: 0, lossOut: 0, kbpsIn: 1, kbpsOut: 1 },
      ...{ freezes: 0, frozen: 0, concealed: 0, fps: 25, height: 360, rebuilds: 0 },
      ...{ device: 'computer', browser: 'Chrome', browserVersion: 156, system: 'Linux' }
    }),
    may: withGuest
  },
  'GET /api/consults/[id]/call': { at: consult('call'), may: [...deciding, 'wang'] },
  'PATCH /api/consults/[id]/call': {
    at: consult('call'),
    body: () => ({ act: 'lock', locked: false }),
    may: [...deciding, 'wang']
  },
  // Who may is told that they are not in the call; in it, in tests/integration/recording.test.ts.
  'POST /api/consults/[id]/recording': {
    at: consult('recording'),
    body: () => ({ id: newId(), type: 'video/webm' }),
    may: [...deciding, 'wang']
  },
  // Of no recording; true ones are there too.
  'PUT /api/consults/[id]/recording': {
    at: consult(`recording?recording=${newId()}&number=0&until=1`),
    file: () => Uint8Array.of(1),
    may: []
  },
  'PATCH /api/consults/[id]/recording': {
    at: consult('recording'),
    body: () => ({ recording: newId(), act: 'play' }),
    may: []
  },
  'DELETE /api/consults/[id]/recording': {
    at: consult('recording'),
    body: () => ({ recording: newId(), reason: '患者要求删除' }),
    may: []
  },
  'GET /api/consults/[id]/recording': { at: consult(`recording?recording=${newId()}`), may: [] },
  // None is configured: whoever may is told so.
  'POST /api/consults/[id]/captions': {
    at: consult('captions'),
    body: () => ({ on: true }),
    may: [...deciding, 'wang']
  },
  // Off: whoever may sit in the call is told so; on, in tests/integration/captions.test.ts.
  'PUT /api/consults/[id]/captions': {
    at: consult('captions?language=zh'),
    file: () => Uint8Array.of(1),
    may: withGuest
  },
  'PUT /api/visit/captions': {
    at: () => '/api/visit/captions?language=zh',
    file: () => Uint8Array.of(1),
    may: [],
    personal: true
  },
  // Nobody asked, and nobody is in the call: in it, in tests/integration/camera-answer.test.ts.
  'POST /api/visit/camera': {
    at: () => '/api/visit/camera',
    body: () => ({ to: `m:${newId()}`, answer: 'yes' }),
    may: [],
    personal: true
  },
  'POST /api/consults/[id]/comments': {
    at: consult('comments'),
    body: () => ({ pin: { shapeId: 'shape:p2', number: 2, tooth: '' }, text: '看这里' }),
    may: withGuest,
    audited: true
  },
  'PATCH /api/consults/[id]/comments': {
    at: consult('comments'),
    body: (of) => ({ id: of.commentId, text: '改过' }),
    may: ['wang'],
    audited: true
  },
  'POST /api/consults/[id]/comments/resolved': {
    at: consult('comments/resolved'),
    body: () => ({ pin: { shapeId: 'shape:pin1', number: 1, tooth: '36' }, resolved: true }),
    once: true,
    may: withGuest,
    audited: true
  },
  'DELETE /api/consults/[id]/comments': {
    at: (of) => consult(`comments?comment=${of.commentId}`)(of),
    may: ['wang'],
    audited: true
  },
  'POST /api/consults/[id]/board/export': {
    at: consult('board/export'),
    body: () => ({ format: 'csv', images: [], locale: 'zh-CN' }),
    may: inRoom,
    audited: true
  },
  'GET /api/consults/[id]/board/history': {
    at: (of) => consult(`board/history?board=${of.boardId}`)(of),
    may: inRoom,
    audited: true
  },
  'POST /api/consults/[id]/images': {
    at: consult('images'),
    body: (of) => ({ imageId: of.imageId }),
    may: deciding
  },
  'POST /api/consults/[id]/grant': {
    at: consult('grant'),
    body: () => ({ items: [{ kind: 'allergies', itemId: null }], reason: null }),
    may: deciding,
    // Open already for who asks next: nothing is done, nothing is written.
    once: true,
    audited: true
  },
  'PATCH /api/consults/[id]/grant': {
    at: consult('grant'),
    body: () => ({ day: nextWeek.slice(0, 10) }),
    may: deciding,
    audited: true
  },
  // Of nothing that is open: whoever passes is told there is no such thing.
  'DELETE /api/consults/[id]/grant': { at: consult(`grant?item=${newId()}`), may: [] },
  'GET /api/consults/[id]/guests': { at: consult('guests'), may: deciding },
  // Invited already: whoever passes is told so.
  'POST /api/consults/[id]/guests': {
    at: consult('guests'),
    body: (_, { guest }) => ({
      ...{ userId: guest.userId, organisationId: guest.organisationId, reason: '' },
      ...{ items: [], until: null }
    }),
    may: deciding
  },
  // Of no invitation; true ones end in tests/integration/guests.test.ts.
  'DELETE /api/consults/[id]/guests': { at: consult(`guests?guest=${newId()}`), may: [] },
  'POST /api/consults/[id]/ticket': {
    at: consult('ticket'),
    body: () => ({ held: false }),
    may: withGuest,
    audited: true
  },
  'PUT /api/consults/[id]/ticket': { at: consult('ticket'), body: () => ({}), may: withGuest, audited: true },
  'PATCH /api/consults/[id]/ticket': { at: consult('ticket'), may: withGuest },
  'POST /api/visit': {
    at: () => '/api/visit',
    body: () => ({ step: 'wait' }),
    may: ['patient', 'otherPatient'],
    personal: true
  },
  // Without a picture: whoever passes is told that none came.
  'POST /api/visit/still': {
    at: () => '/api/visit/still',
    may: ['patient', 'otherPatient'],
    personal: true
  },
  'GET /api/visit/calendar': {
    at: () => '/api/visit/calendar',
    may: ['patient', 'otherPatient'],
    personal: true
  },
  'POST /api/consults/[id]/invite': {
    at: consult('invite'),
    body: (of) => ({ delegateId: of.delegateId }),
    may: deciding,
    audited: true
  },
  'PATCH /api/consults/[id]/invite': {
    at: consult('invite'),
    body: (of) => ({ inviteId: of.inviteId, reason: 'called' }),
    may: deciding,
    audited: true
  },
  'PUT /api/consults/[id]/requests': {
    at: consult('requests'),
    body: (of) => ({ requestId: of.requestId }),
    may: asking,
    audited: true
  },
  'PATCH /api/consults/[id]/requests': {
    at: consult('requests'),
    body: (of) => ({ requestId: of.requestId, outcome: null }),
    may: asking,
    audited: true
  },
  'POST /api/consults/[id]/requests': {
    at: consult('requests'),
    body: (of) => ({ requestId: of.requestId }),
    may: deciding,
    once: true,
    audited: true
  },
  'PUT /api/consults/[id]/summary': {
    at: consult('summary'),
    body: () => ({ text: `按时复诊 ${newId()}` }),
    may: deciding,
    audited: true
  },
  'POST /api/consults/[id]/consent': {
    at: consult('consent'),
    body: () => answers({ recording: true }),
    may: withGuest,
    audited: true
  },
  'POST /api/consults/[id]/admit': {
    at: consult('admit'),
    body: () => ({ identity: `p:${newId()}` }),
    may: [...deciding, 'wang']
  },
  // Of nobody who sits there: nothing is done.
  'DELETE /api/consults/[id]/admit': {
    at: consult(`admit?seat=p:${newId()}`),
    may: [...deciding, 'wang']
  },
  'POST /api/consults/[id]/waiting': {
    at: consult('waiting'),
    body: () => ({ kind: 'soon' }),
    may: asking,
    audited: true
  },
  // Whoever passes is told that there is no such seat.
  'PATCH /api/consults/[id]/waiting': {
    at: consult('waiting'),
    body: () => ({ identity: `p:${newId()}`, toConsultId: newId() }),
    may: []
  },
  'PUT /api/consults/[id]/waiting': {
    at: consult('waiting'),
    body: () => ({ slotAt: new Date(Date.now() + (10 + Math.random()) * 86_400_000).toISOString() }),
    may: deciding,
    audited: true
  },
  'POST /api/consults/[id]/ring': { at: consult('ring'), may: asking },
  'POST /api/line-check': {
    at: () => '/api/line-check',
    may: [...members, 'patient', 'otherPatient'],
    personal: true
  },
  'PUT /api/consults/[id]/opinion': {
    at: consult('opinion'),
    body: () => ({ diagnosis: '新诊断', text: '新意见', advice: '' }),
    may: ['wang'],
    audited: true
  },
  'POST /api/consults/[id]/proposals': {
    at: consult('proposals'),
    body: () => ({
      kind: 'finding',
      content: { tooth: '38', code: 'caries', status: 'needs', surfaces: ['O'] }
    }),
    may: ['wang'],
    audited: true
  },
  'POST /api/consults/[id]/decision': {
    at: consult('decision'),
    body: (of) => ({ proposalId: of.proposalId, decision: 'reject' }),
    may: deciding
  },
  'DELETE /api/consults/[id]/proposals': {
    at: (of) => consult(`proposals?proposal=${of.proposalId}`)(of),
    may: ['wang']
  },
  'POST /api/consults/[id]/opinion': {
    at: consult('opinion'),
    body: () => ({ password: testPassword }),
    may: ['wang'],
    audited: true
  },
  'POST /api/consults/[id]/close': { at: consult('close'), may: deciding },
  'GET /api/consults/[id]/documents': {
    at: consult('documents?kind=opinion-pdf&locale=zh-CN'),
    may: asking,
    audited: true
  },

  // Doors of sign-in. Links and steps here are ones nobody was given; good ones are tried in
  // tests/integration/members.test.ts and second-factor.test.ts.
  'GET /sign-in/second': { at: () => '/sign-in/second', may: [] },
  'POST /sign-in/second?/default': { at: () => '/sign-in/second', form: { code: '000000' }, may: [] },
  'POST /sign-in/passkey': {
    at: () => '/sign-in/passkey',
    body: () => ({ second: false }),
    may: actors,
    personal: true
  },
  'PUT /sign-in/passkey': {
    at: () => '/sign-in/passkey',
    body: () => ({ response: { id: 'none' } }),
    may: [],
    personal: true
  },
  // Not configured here; with a provider: tests/integration/oidc.test.ts.
  'GET /sign-in/oidc': { at: () => '/sign-in/oidc', may: [] },
  'GET /sign-in/oidc/callback': { at: () => '/sign-in/oidc/callback?code=x&state=y', may: [] },
  // Whoever is signed in may look, and choose a place of their own; this one is nobody's.
  'GET /place': { at: () => '/place', may: members, personal: true },
  'POST /place?/default': { at: () => '/place', form: { member: newId() }, may: [] },
  'GET /forgot': { at: () => '/forgot', may: actors, personal: true },
  'POST /forgot?/default': {
    at: () => '/forgot',
    form: { email: 'li@test.invalid' },
    may: actors,
    personal: true
  },
  'GET /reset/[token]': { at: () => `/reset/${newId()}`, may: [] },
  'POST /reset/[token]?/default': {
    at: () => `/reset/${newId()}`,
    form: { password: 'lantern walnut orbit' },
    may: []
  },
  'GET /invitation/[token]': { at: () => `/invitation/${newId()}`, may: [] },
  'POST /invitation/[token]?/default': {
    at: () => `/invitation/${newId()}`,
    form: { password: 'lantern walnut orbit' },
    may: []
  },

  // The owner's page of members
  'GET /members': { at: () => '/members', may: owners, personal: true },
  'POST /members?/invite': {
    at: () => '/members?/invite',
    form: { email: 'new@example.org', name: '新人', role: 'nurse' },
    may: owners,
    personal: true
  },
  'POST /members?/confirm': {
    at: () => '/members?/confirm',
    form: { proof: testPassword },
    may: owners,
    personal: true
  },
  'POST /members?/rules': {
    at: () => '/members?/rules',
    form: { idleMinutes: '15', graceDays: '7' },
    may: owners,
    personal: true
  },
  'POST /members?/withdraw': { at: () => '/members?/withdraw', form: { id: newId() }, may: [] },
  'POST /members?/role': { at: () => '/members?/role', form: { id: newId(), role: 'owner' }, may: [] },
  'POST /members?/place': { at: () => '/members?/place', form: { id: newId(), reach: 'own' }, may: [] },
  'POST /members?/revoke': { at: () => '/members?/revoke', form: { id: newId() }, may: [] },
  'POST /members?/unlock': { at: () => '/members?/unlock', form: { id: newId() }, may: [] },
  'POST /members?/reset': { at: () => '/members?/reset', form: { id: newId() }, may: [] },

  // After the links that were made for them.
  'DELETE /api/delegates/[id]': {
    at: (of) => `/api/delegates/${of.delegateId}`,
    may: staff,
    once: true,
    audited: true
  },

  // A person's own
  'GET /account': { at: () => '/account', may: members, personal: true },
  'POST /account?/confirm': {
    at: () => '/account?/confirm',
    form: { proof: testPassword },
    may: members,
    personal: true
  },
  // The right old password, a new one that is refused: later doors ask for the old one.
  'POST /account?/password': {
    at: () => '/account?/password',
    form: { current: testPassword, next: 'short' },
    may: members,
    personal: true
  },
  'POST /account?/beginTotp': { at: () => '/account?/beginTotp', form: {}, may: members, personal: true },
  'POST /account?/confirmTotp': {
    at: () => '/account?/confirmTotp',
    form: { code: '000000' },
    may: members,
    personal: true
  },
  'POST /account?/removeTotp': { at: () => '/account?/removeTotp', form: {}, may: members, personal: true },
  'POST /account?/renewCodes': { at: () => '/account?/renewCodes', form: {}, may: members, personal: true },
  'POST /account?/removePasskey': { at: () => '/account?/removePasskey', form: { id: newId() }, may: [] },
  'POST /account?/endSession': { at: () => '/account?/endSession', form: { id: newId() }, may: [] },
  'POST /account?/endOthers': { at: () => '/account?/endOthers', form: {}, may: members, personal: true },
  'POST /api/session': { at: () => '/api/session', may: members, personal: true },
  'POST /api/account/passkeys': { at: () => '/api/account/passkeys', may: members, personal: true },
  'PUT /api/account/passkeys': {
    at: () => '/api/account/passkeys',
    body: () => ({ name: '钥匙', response: { response: {} } }),
    may: []
  },
  'GET /api/account/confirm': { at: () => '/api/account/confirm', may: members, personal: true },
  'POST /api/account/confirm': { at: () => '/api/account/confirm', may: members, personal: true },
  'PUT /api/account/confirm': {
    at: () => '/api/account/confirm',
    body: () => ({ proof: testPassword }),
    may: members,
    personal: true
  },
  'GET /api/events': { at: () => '/api/events', may: members, personal: true },
  'GET /api/notifications': { at: () => '/api/notifications', may: members, personal: true },
  'POST /api/notifications': {
    at: () => '/api/notifications',
    body: () => ({ read: [newId()] }),
    may: members,
    personal: true
  },
  'PUT /api/push': {
    at: () => '/api/push',
    body: () => ({ endpoint: null, locale: 'zh-CN' }),
    may: members,
    personal: true
  },
  // None is set up here: whoever passes is told so.
  'POST /api/push': {
    at: () => '/api/push',
    body: () => ({
      endpoint: 'https://fcm.googleapis.com/x',
      p256dh: 'A'.repeat(87),
      auth: 'A'.repeat(22),
      locale: 'zh-CN'
    }),
    may: members,
    personal: true
  },
  'PATCH /api/push': {
    at: () => '/api/push',
    body: () => ({
      former: null,
      endpoint: 'https://fcm.googleapis.com/x',
      p256dh: 'A'.repeat(87),
      auth: 'A'.repeat(22)
    }),
    may: members,
    personal: true
  },
  'DELETE /api/push': {
    at: () => '/api/push',
    body: () => ({ which: 'others', endpoint: null }),
    may: members,
    personal: true
  },
  'POST /sign-out': { at: () => '/sign-out', form: {}, may: actors, personal: true }
};
