import * as v from 'valibot';
import { answersInput } from '#lib/features/consent/schema.ts';
import { unlockReasons, visitRequestKinds } from './visit.ts';
import { callOutcomes } from './call-request.ts';
import { lateChoices, learnTopics, readyMessages } from './waiting.ts';
import { planDraftSchema, type PlanDraft } from '#lib/features/treatment/plan.ts';
import { findingInput } from '#lib/features/odontogram/schema.ts';
import { callStatisticInput } from './call-statistic-input.ts';
import { cameraAnswers, cannotDo } from './camera-answer.ts';
import { chatAudiences, maxChatLinks } from './chat.ts';
import { maxCommentLength } from './comment.ts';
import { consultModes, specialties, urgencies } from './consult.ts';
import { grantDayChoices, wholeKinds } from './grant.ts';

const id = v.pipe(v.string(), v.uuid());
/** Free text: trimmed, bounded, kept as typed. It is shown as text, never as HTML. */
const text = (max: number) => v.pipe(v.string(), v.trim(), v.maxLength(max));
const someText = (max: number) => v.pipe(text(max), v.minLength(1));
export const toothCode = v.pipe(v.string(), v.regex(/^[1-8][1-8]$/));

/** Where a question goes: one expert by name, or whoever of a specialty in one organisation is first. */
export const askTarget = v.variant('kind', [
  v.object({ kind: v.literal('expert'), expertId: id }),
  v.object({ kind: v.literal('specialty'), organisationId: id, specialty: v.picklist(specialties) })
]);

export const askInput = v.object({
  /** Chosen by the form, so that it asks once however often it is sent. */
  id: v.optional(id),
  patientId: id,
  teeth: v.pipe(v.array(toothCode), v.maxLength(32)),
  question: someText(4000),
  target: askTarget,
  urgency: v.picklist(urgencies),
  mode: v.picklist(consultModes),
  slotAt: v.nullish(v.pipe(v.string(), v.isoTimestamp())),
  share: v.object({
    imageIds: v.pipe(v.array(id), v.maxLength(40)),
    noteIds: v.pipe(v.array(id), v.maxLength(40)),
    allergies: v.boolean(),
    conditions: v.boolean(),
    medications: v.boolean(),
    chart: v.boolean(),
    plan: v.boolean()
  })
});
export type AskInput = v.InferOutput<typeof askInput>;

/** A half-written question: any part may be missing, sizes are bounded all the same. */
export const draftInput = v.object({
  patientId: id,
  content: v.object({
    teeth: v.optional(v.pipe(v.array(v.string()), v.maxLength(32))),
    question: v.optional(text(4000)),
    target: v.optional(v.nullable(askTarget)),
    urgency: v.optional(v.picklist(urgencies)),
    mode: v.optional(v.picklist(consultModes)),
    slotAt: v.optional(v.nullable(v.string())),
    unshared: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(60))), v.maxLength(100)))
  })
});
export type DraftContent = v.InferOutput<typeof draftInput>['content'];

const grantItems = v.pipe(
  v.array(
    v.variant('kind', [
      v.object({ kind: v.picklist(wholeKinds), itemId: v.null() }),
      v.object({ kind: v.picklist(['image', 'note']), itemId: id })
    ])
  ),
  v.maxLength(80)
);
/** Of an invited specialist's grant; without, of the expert's. */
const guestId = v.optional(v.nullable(id));
/** What is opened later than the question was asked, and why. */
export const grantAddInput = v.object({
  guestId,
  items: v.pipe(grantItems, v.minLength(1)),
  reason: v.pipe(
    v.nullable(text(500)),
    v.transform((typed) => typed || null)
  )
});
export type GrantAddInput = v.InferOutput<typeof grantAddInput>;
/** The last day on which it is open, in the organisation's calendar. */
export const grantEndInput = v.object({ guestId, day: v.pipe(v.string(), v.isoDate()) });
export type GrantEndInput = v.InferOutput<typeof grantEndInput>;
/** [CN-70] Who is invited, what they are asked for, what is opened to them and until the end of which day. */
export const guestInput = v.object({
  userId: id,
  organisationId: id,
  reason: text(500),
  items: grantItems,
  /** Null: for as long as the organisation's rule allows. */
  until: v.nullable(v.pipe(v.string(), v.isoDate()))
});
export type GuestInput = v.InferOutput<typeof guestInput>;
export const grantDaysInput = v.object({ days: v.picklist(grantDayChoices) });

/** [CN-40] A line of the chat, with the things of the record it means. */
export const messageInput = v.object({
  text: someText(4000),
  audience: v.optional(v.picklist(chatAudiences), 'team'),
  links: v.optional(
    v.pipe(
      v.array(
        v.variant('kind', [
          v.object({ kind: v.literal('tooth'), tooth: toothCode }),
          v.object({ kind: v.literal('image'), imageId: id }),
          v.object({ kind: v.literal('plan'), planId: id })
        ])
      ),
      v.maxLength(maxChatLinks)
    ),
    []
  )
});
export type MessageInput = v.InferOutput<typeof messageInput>;
export const chatFileInput = v.object({
  name: v.pipe(v.string(), v.maxLength(400)),
  audience: v.picklist(chatAudiences)
});
export const visitorMessage = v.object({ text: someText(1000) });
/** Something said at a pin of the board; `pin` is where, as the writer sees it. */
const pinPlace = v.object({
  shapeId: v.pipe(v.string(), v.regex(/^shape:[\w:-]{1,64}$/)),
  number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9_999)),
  tooth: v.union([v.literal(''), toothCode])
});
export type PinPlace = v.InferOutput<typeof pinPlace>;
export const commentInput = v.object({ pin: pinPlace, text: someText(maxCommentLength) });
export const commentEdit = v.object({ id, text: someText(maxCommentLength) });
export const threadInput = v.object({ pin: pinPlace, resolved: v.boolean() });
export const reasonInput = v.object({ reason: someText(1000) });

/** The same shape a dentist charts with; the chart's own rules judge tooth and surfaces. */
export const findingProposal = v.omit(findingInput, ['id', 'patientId']);
export type FindingProposal = v.InferOutput<typeof findingProposal>;

export const proposalInput = v.variant('kind', [
  v.object({ kind: v.literal('finding'), content: findingProposal }),
  v.object({ kind: v.literal('plan'), content: planDraftSchema })
]);
export type PlanProposal = PlanDraft;
export type ProposalInput = v.InferOutput<typeof proposalInput>;

export const opinionInput = v.object({ diagnosis: text(2000), text: text(20000), advice: text(8000) });
export type OpinionInput = v.InferOutput<typeof opinionInput>;
/** Without a password: the session must have been confirmed a moment ago. */
export const signInput = v.object({
  password: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(256))), null)
});

/** [CN-44] What one shows of oneself in the call. */
export const callSignInput = v.object({ hand: v.optional(v.boolean()), away: v.optional(v.boolean()) });
export type CallSignInput = v.InferOutput<typeof callSignInput>;

/** A place in the call, and whether this browser can encrypt what it sends there. */
export const ticketInput = v.object({
  held: v.optional(v.boolean(), false),
  encrypts: v.optional(v.boolean(), false)
});
/** A patient's steps on their page. */
export const visitStep = v.variant('step', [
  v.object({ step: v.literal('wait') }),
  v.object({ step: v.picklist(['ticket', 'seat']), ...ticketInput.entries }),
  v.object({ step: v.literal('consent'), ...answersInput.entries }),
  v.object({
    step: v.literal('ask'),
    kind: v.picklist(visitRequestKinds),
    text: v.optional(text(300), ''),
    minutes: v.optional(v.nullable(v.picklist(lateChoices)), null)
  }),
  v.object({ step: v.literal('say'), ...visitorMessage.entries }),
  v.object({ step: v.literal('sign'), ...callSignInput.entries }),
  v.object({ step: v.literal('statistic'), ...callStatisticInput.entries }),
  v.object({ step: v.picklist(['unask', 'still', 'key']) })
]);
/** [CN-31] What the clinic says to the patient's page. */
export const visitMessageInput = v.variant('kind', [
  v.object({ kind: v.picklist(readyMessages) }),
  v.object({ kind: v.literal('read'), topic: v.picklist(learnTopics) }),
  v.object({ kind: v.literal('own'), text: someText(300) })
]);
export type VisitMessageInput = v.InferOutput<typeof visitMessageInput>;
const seat = v.pipe(v.string(), v.regex(/^p:[0-9a-f-]{36}$/));
export const seatInput = v.object({ identity: seat });
export const seatMoveInput = v.object({ identity: seat, toConsultId: id });
const anySeat = v.pipe(v.string(), v.regex(/^[mp]:[0-9a-f-]{36}$/));
/** [CALL-51] */
export const cameraAnswerInput = v.object({
  /** Who asked. */
  to: v.pipe(v.string(), v.regex(/^m:[0-9a-f-]{36}$/)),
  answer: v.picklist(cameraAnswers),
  cannot: v.optional(v.pipe(v.array(v.picklist(cannotDo)), v.maxLength(cannotDo.length)), [])
});
export type CameraAnswerInput = v.InferOutput<typeof cameraAnswerInput>;
/** [CN-42] [CN-43] What a host does to others in the call. */
export const moderateInput = v.variant('act', [
  v.object({ act: v.picklist(['mute', 'lower-hand', 'remove', 'let-back']), identity: anySeat }),
  v.object({ act: v.literal('lock'), locked: v.boolean() }),
  v.object({ act: v.literal('encrypt'), on: v.boolean() }),
  v.object({ act: v.literal('call-in'), userId: id }),
  v.object({ act: v.literal('end') })
]);
export type ModerateInput = v.InferOutput<typeof moderateInput>;
/** [CN-35] When the visit is to be; null: as soon as everybody is there. */
export const slotInput = v.object({ slotAt: v.nullable(v.pipe(v.string(), v.isoTimestamp())) });
export const inviteInput = v.object({ delegateId: v.optional(v.nullable(id), null) });
export const unlockInput = v.object({ inviteId: id, reason: v.picklist(unlockReasons) });
export const requestInput = v.object({ requestId: id });
/** [CN-37] Null: nobody answered. */
export const callOutcomeInput = v.object({ requestId: id, outcome: v.nullable(v.picklist(callOutcomes)) });
export const summaryInput = v.object({ text: text(2000) });

export const boardExportFormats = ['png', 'svg', 'pdf', 'csv', 'json'] as const;
const imageIds = v.pipe(v.array(id), v.maxLength(60));
/** What leaves the board: as what, and which images are in it. A PDF comes with its pages. */
export const boardExport = v.object({
  format: v.picklist(boardExportFormats),
  images: imageIds,
  /** Of the words in the banner. */
  locale: v.picklist(['zh-CN', 'en'])
});
export type BoardExport = v.InferOutput<typeof boardExport>;
export const boardPages = v.object({
  locale: v.picklist(['zh-CN', 'en']),
  images: imageIds,
  titles: v.pipe(v.array(text(200)), v.maxLength(60)),
  pages: v.pipe(v.array(v.instance(Blob)), v.minLength(1), v.maxLength(60))
});
