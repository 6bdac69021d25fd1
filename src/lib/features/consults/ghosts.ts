import type { ProposalGhost } from '#lib/features/odontogram/chart.ts';
import type { ProposalView } from './views.ts';

/** Open finding proposals as the chart draws them: dashed, with the proposer's initials. */
export function ghostsOf(proposals: readonly ProposalView[]): ProposalGhost[] {
  return proposals.flatMap(({ id, state, proposal, byName }) =>
    state === 'open' && proposal.kind === 'finding'
      ? [{ id, ...proposal.content, note: proposal.content.note ?? '', proposer: { name: byName } }]
      : []
  );
}
