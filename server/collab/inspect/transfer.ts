import * as v from 'valibot';
import * as Y from 'yjs';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Access } from '../access.ts';
import type { CloseReason } from '../close-codes.ts';
import { DocumentChannel } from '../document-channel.ts';
import { LiveDocument } from '../document.ts';
import type { Inspect } from '../judge.ts';
import { defaultLimits } from '../limits.ts';
import type { Member } from '../member.ts';
import type { DocumentKey, LogRow, Persistence } from '../persistence.ts';
import type { Notice } from '../protocol.ts';
import { noRelay } from '../relay.ts';

const bytes = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text): Uint8Array => new Uint8Array(Buffer.from(text, 'base64')))
);

/** A board in a file: its whole log, so that who did what when comes along. */
const boardFile = v.object({
  format: v.literal('consilium-board'),
  version: v.literal(1),
  documentId: v.pipe(v.string(), v.uuid()),
  consultId: v.pipe(v.string(), v.uuid()),
  /** Names of the authors by id. */
  people: v.record(v.string(), v.string()),
  log: v.array(
    v.object({
      author: v.string(),
      at: v.pipe(
        v.string(),
        v.isoTimestamp(),
        v.transform((text) => new Date(text))
      ),
      bytes
    })
  )
});
export type BoardFile = v.InferOutput<typeof boardFile>;

export function writeBoardFile(board: Omit<BoardFile, 'format' | 'version'>): string {
  const log = board.log.map(({ author, at, bytes }) => ({
    author,
    at: at.toISOString(),
    bytes: Buffer.from(bytes).toString('base64')
  }));
  return JSON.stringify({ format: 'consilium-board', version: 1, ...board, log });
}

/** @throws ValiError, SyntaxError where the text is no board's file */
export function readBoardFile(text: string): BoardFile {
  return v.parse(boardFile, JSON.parse(text));
}

/** Why a board was not taken: what the server would have refused, at which row of the log. */
export class RefusedBoard extends Error {
  override readonly name = 'RefusedBoard';
}

/**
 * Judge a log as the server judges what comes over a socket: each row under its author, in order, against what the
 * document held before. Nothing is written anywhere.
 *
 * @throws RefusedBoard
 */
export async function judgeLog(
  file: Pick<BoardFile, 'log' | 'people'>,
  key: DocumentKey,
  inspect: Inspect
): Promise<void> {
  let why: string | null = null;
  const noLog = { debug() {}, info() {}, warn() {}, error() {} };
  const document = new LiveDocument({
    key,
    stored: { snapshot: null, upTo: 0, updates: [], lastNumber: 0, closedAt: null },
    doc: new Y.Doc(),
    persistence: nowhere(),
    channel: await DocumentChannel.open({ relay: noRelay, documentId: key.documentId, log: noLog }),
    inspect,
    heedsLock: false,
    limits: { ...defaultLimits, saveMs: 0, documentBytes: Number.POSITIVE_INFINITY },
    clock: systemClock,
    log: {
      ...noLog,
      warn: (fields: object) => void (why = 'why' in fields ? String(fields.why) : why)
    }
  });
  try {
    for (const [i, row] of file.log.entries()) {
      const member = importer(accessOf(row, file, key));
      document.submit(member, { kind: 'update', update: row.bytes });
      // A look-up of images may be waited for.
      do await new Promise((resolve) => setImmediate(resolve));
      while (document.busy && !member.ended);
      if (member.ended) throw new RefusedBoard(`row ${i + 1} of the log was refused: ${why ?? 'unknown'}`);
    }
    if (document.failed) throw new RefusedBoard('the log cannot be applied');
  } finally {
    document.destroy();
  }
}

function accessOf(row: LogRow, { people }: Pick<BoardFile, 'people'>, key: DocumentKey): Access {
  const { organisationId, consultId } = key;
  const who = { identity: row.author, name: people[row.author] ?? '', userId: row.author, inviteId: null };
  return { mode: 'write', organisationId, consultId, role: 'requester', ...who };
}

function importer(access: Access): Member {
  const member = {
    access,
    ended: false,
    tainted: false,
    keepsPresences: true,
    send() {},
    sendUpdate() {},
    sendPresences() {},
    sendShown() {},
    presenceTooLarge() {},
    notify(_notice: Notice) {},
    refuseWrite: () => member.end('forbidden'),
    end(_reason: CloseReason) {
      member.ended = true;
    },
    holdBack() {}
  };
  return member;
}

/** Keeps what it takes for as long as it is judged: something deleted may be brought back. */
function nowhere(): Persistence {
  const kept: Uint8Array[] = [];
  return {
    load: () => Promise.resolve(null),
    append: (_key, rows) => Promise.resolve(kept.push(...rows.map((row) => row.bytes))),
    since: (_key, after, upTo) => Promise.resolve(kept.slice(after, upTo)),
    snapshot: () => Promise.resolve(),
    seal: () => Promise.resolve()
  };
}

export const newDocumentKey = (consult: { id: string; organisationId: string }): DocumentKey => ({
  organisationId: consult.organisationId,
  consultId: consult.id,
  documentId: newId()
});
