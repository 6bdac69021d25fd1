import { invalidate } from '$app/navigation';
import { api } from '#lib/ui/api.ts';
import { toast } from '#lib/ui/toast.ts';
import type { CaptionLanguage } from '../captions.ts';
import type { BoardImage } from '#lib/features/board/initial.ts';

import type { CallEncryption } from '../encryption.ts';
import type { Ticket } from './call/call.ts';
import type { SeatWish } from './call/call-options.ts';
import type { CallStatisticInput } from '../call-statistic-input.ts';
import type { GrantItem } from '../consult.ts';
import type { AnswersInput } from '#lib/features/consent/index.ts';
import type { UnlockReason } from '../visit.ts';
import type { ChatAudience } from '../chat.ts';
import type {
  CallSignInput,
  GuestInput,
  MessageInput,
  ModerateInput,
  OpinionInput,
  PinPlace,
  ProposalInput,
  VisitMessageInput
} from '../schema.ts';
import type { GuestChoice } from '../views.ts';

/** What people do in a consult, as calls of its endpoints. Each ends with the page reading the consult again. */
export function consultActs(consultId: string) {
  const path = `/api/consults/${consultId}`;
  return {
    say: (message: MessageInput) => reading(api('POST', `${path}/messages`, message)),
    sendFile: (file: File, audience: ChatAudience) =>
      reading(
        api(
          'POST',
          `${path}/messages/file?${new URLSearchParams({ name: file.name, audience })}`,
          // A body of another type could be sent from anywhere.
          new Blob([file], { type: 'application/octet-stream' })
        )
      ),
    showSign: (signs: CallSignInput) => api('POST', `${path}/call`, signs),
    moderate: (act: ModerateInput) => reading(api('PATCH', `${path}/call`, act)),
    comment: (pin: PinPlace, text: string) => reading(api('POST', `${path}/comments`, { pin, text })),
    editComment: (id: string, text: string) => reading(api('PATCH', `${path}/comments`, { id, text })),
    deleteComment: (id: string) => reading(api('DELETE', `${path}/comments?comment=${id}`)),
    resolve: (pin: PinPlace, resolved: boolean) =>
      reading(api('POST', `${path}/comments/resolved`, { pin, resolved })),
    propose: (proposal: ProposalInput) => reading(api<{ id: string }>('POST', `${path}/proposals`, proposal)),
    withdraw: (proposalId: string) => reading(api('DELETE', `${path}/proposals?proposal=${proposalId}`)),
    decide: (proposalId: string, decision: 'accept' | 'reject') =>
      reading(api('POST', `${path}/decision`, { proposalId, decision })),
    /** Does not read again: the text in the field is newer than any answer. */
    saveOpinion: (opinion: OpinionInput, { keepalive = false } = {}) =>
      api('PUT', `${path}/opinion`, opinion, { keepalive }),
    /** Who signs has shown who they are a moment before. */
    sign: () => reading(api('POST', `${path}/opinion`, {})),
    admit: (identity: string) => reading(api('POST', `${path}/admit`, { identity })),
    hold: (identity: string) => reading(api('DELETE', `${path}/admit?seat=${identity}`)),
    moveToRoom: (identity: string, toConsultId: string) =>
      reading(api('PATCH', `${path}/waiting`, { identity, toConsultId })),
    writeToPatient: (said: VisitMessageInput) => reading(api('POST', `${path}/waiting`, said)),
    moveVisit: (slotAt: string | null) => reading(api('PUT', `${path}/waiting`, { slotAt })),
    invite: (delegateId: string | null) =>
      reading(api<{ url: string }>('POST', `${path}/invite`, { delegateId })),
    unlock: (inviteId: string, reason: UnlockReason) =>
      reading(api('PATCH', `${path}/invite`, { inviteId, reason })),
    handle: (requestId: string) => reading(api('POST', `${path}/requests`, { requestId })),
    captions: (on: boolean) => reading(api('POST', `${path}/captions`, { on })),
    said: (wav: Uint8Array<ArrayBuffer>, language: CaptionLanguage) =>
      api(
        'PUT',
        `${path}/captions?language=${language}`,
        new Blob([wav], { type: 'application/octet-stream' })
      ),
    consent: (input: AnswersInput) => reading(api('POST', `${path}/consent`, input)),
    tellPatient: (text: string) => api('PUT', `${path}/summary`, { text }),
    close: (boardPng: Blob | null) => reading(api('POST', `${path}/close`, boardPng ?? undefined)),
    ticket: (wish: SeatWish) => api<Ticket>('POST', `${path}/ticket`, wish),
    takeSeat: (wish: SeatWish) => api<CallEncryption>('PUT', `${path}/ticket`, wish),
    getEncryption: () => api<CallEncryption>('PATCH', `${path}/ticket`),
    keepStatistic: (statistic: CallStatisticInput) =>
      api('PUT', `${path}/call`, statistic, { keepalive: true }),
    /** `guestId`: of an invited specialist's grant; null: of the expert's. */
    addToGrant: (items: readonly GrantItem[], reason: string | null, guestId: string | null) =>
      reading(api('POST', `${path}/grant`, { items, reason, guestId })),
    changeGrantEnd: (day: string, guestId: string | null) =>
      reading(api('PATCH', `${path}/grant`, { day, guestId })),
    takeBack: (grantItemId: string) => reading(api('DELETE', `${path}/grant?item=${grantItemId}`)),
    endGrant: async () => void (await reading(api('DELETE', `${path}/grant`))),
    guestChoices: () => api<GuestChoice[]>('GET', `${path}/guests`),
    inviteGuest: (input: GuestInput) => reading(api<{ id: string }>('POST', `${path}/guests`, input)),
    endGuest: async (guestId: string) =>
      void (await reading(api('DELETE', `${path}/guests?guest=${guestId}`))),
    /** Does not read again: it is out of this person's sight. */
    leave: async () => void (await api('DELETE', `${path}/guests`)),
    shareImage: (imageId: string) => reading(api<BoardImage>('POST', `${path}/images`, { imageId }))
  };
}
export type ConsultActs = ReturnType<typeof consultActs>;

async function reading<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    // Also after a refusal: it often means that the page shows an older state.
    await invalidate('app:consult');
  }
}

/** Run an act and tell its failure in a toast. @returns true where it worked */
export async function told(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    // Its words are all the app's errors: loaded when there is one, for a patient's page must be small.
    const { wordsFor } = await import('./words-for.ts');
    toast.error(wordsFor(error));
    return false;
  }
}
