import type { ReplayStep } from '#lib/features/board/replay.ts';
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

/** What happened in a consult while its board was drawn on. */
export function marksOf(consult: ConsultView): { at: Date; label: string }[] {
  return [
    ...(consult.acceptedAt ? [{ at: consult.acceptedAt, label: m.consults_mark_accepted() }] : []),
    ...consult.proposals.map(({ at, byName }) => ({ at, label: m.consults_mark_proposed({ name: byName }) })),
    ...consult.opinions.flatMap(({ signedAt, authorName }) =>
      signedAt ? [{ at: signedAt, label: m.consults_mark_signed({ name: authorName }) }] : []
    ),
    ...(consult.closedAt ? [{ at: consult.closedAt, label: m.consults_mark_closed() }] : [])
  ];
}
