import type { ReplayMark, ReplayStep } from '#lib/features/board/replay.ts';
import { m } from '#lib/paraglide/messages.js';
import { api } from '#lib/ui/api.ts';
import type { ConsultView } from '../views.ts';

interface Page {
  updates: { number: number; author: string; at: string; bytes: string }[];
  next: number | null;
  people: { id: string; name: string }[];
}

/** The whole history of a board, page by page. @throws ApiError */
export async function loadHistory(
  consultId: string,
  boardId: string
): Promise<{ steps: ReplayStep[]; people: Page['people'] }> {
  const steps: ReplayStep[] = [];
  const path = `/api/consults/${consultId}/board/history?board=${boardId}`;
  for (let after = 0; ;) {
    const { updates, next, people } = await api<Page>('GET', `${path}&after=${after}`);
    for (const { bytes, at, ...row } of updates)
      steps.push({
        ...row,
        at: new Date(at),
        bytes: Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0))
      });
    if (next === null) return { steps, people };
    after = next;
  }
}

/** What happened in a consult while its board was drawn on, in the order of its times. */
export function marksOf(
  consult: Pick<ConsultView, 'acceptedAt' | 'closedAt' | 'seats' | 'proposals' | 'opinions'>
): ReplayMark[] {
  const marks: ReplayMark[] = consult.seats.flatMap(({ name, steps }) =>
    steps.map(({ state, at }) => ({
      at,
      kind: 'person',
      label: state === 'in-room' ? m.consults_mark_joined({ name }) : m.consults_mark_left({ name })
    }))
  );
  for (const { at, byName, state, decidedAt, decidedByName } of consult.proposals) {
    marks.push({ at, kind: 'step', label: m.consults_mark_proposed({ name: byName }) });
    if (decidedAt && (state === 'accepted' || state === 'rejected'))
      marks.push({
        at: decidedAt,
        kind: 'decision',
        label: (state === 'accepted' ? m.consults_mark_agreed : m.consults_mark_declined)({
          name: decidedByName ?? ''
        })
      });
  }
  for (const { signedAt, authorName } of consult.opinions)
    if (signedAt)
      marks.push({ at: signedAt, kind: 'signed', label: m.consults_mark_signed({ name: authorName }) });
  if (consult.acceptedAt)
    marks.push({ at: consult.acceptedAt, kind: 'step', label: m.consults_mark_accepted() });
  if (consult.closedAt)
    marks.push({ at: consult.closedAt, kind: 'decision', label: m.consults_mark_closed() });
  return marks.sort((a, b) => a.at.getTime() - b.at.getTime());
}
