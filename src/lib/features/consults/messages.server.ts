import { asc, eq } from 'drizzle-orm';
import { actorId, type Actor } from '#lib/kernel/actor.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import type { ChatMessageView } from './chat.ts';
import { consultMessages } from './tables.server.ts';

export type MessageRow = typeof consultMessages.$inferSelect;

/** What was written in a consult, as far as row-level security shows it, the oldest first. */
export async function readMessages(tx: Tx, consultId: string): Promise<MessageRow[]> {
  return tx.rows
    .select()
    .from(consultMessages)
    .where(eq(consultMessages.consultId, consultId))
    .orderBy(asc(consultMessages.at), asc(consultMessages.id));
}

export function messageView(row: MessageRow, reader: Actor): ChatMessageView {
  const { fileName, fileSize, fileType } = row;
  return {
    ...{ id: row.id, kind: row.kind, text: row.text, audience: row.audience, links: row.links, at: row.at },
    authorName: row.authorName,
    byVisitor: row.authorKind === 'visitor',
    file:
      fileName !== null && fileSize !== null && fileType !== null
        ? { name: fileName, size: fileSize, type: fileType, scanned: row.fileScan === 'clean' }
        : null,
    own: row.authorId === actorId(reader)
  };
}
