import type { opinions, proposals } from './tables.server.ts';
import type { OpinionView, ProposalView } from './views.ts';

export function proposalView(row: typeof proposals.$inferSelect): ProposalView {
  return {
    id: row.id,
    state: row.state,
    // Checked by schema.ts when it came in.
    proposal: { kind: row.kind, content: row.content } as ProposalView['proposal'],
    byName: row.proposedByName,
    byId: row.proposedById,
    at: row.createdAt,
    decidedByName: row.decidedByName,
    decidedAt: row.decidedAt
  };
}

export function opinionView(row: typeof opinions.$inferSelect): OpinionView {
  return {
    diagnosis: row.diagnosis,
    text: row.text,
    advice: row.advice,
    authorName: row.authorName,
    authorTitle: row.authorTitle,
    authorOrganisation: row.authorOrganisationName,
    authorId: row.authorId,
    updatedAt: row.updatedAt,
    signedAt: row.signedAt,
    digest: row.digest
  };
}
