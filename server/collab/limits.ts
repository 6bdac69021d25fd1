import { presencePace } from '#lib/features/board/people.ts';

/** Every bound of the engine. Bytes, milliseconds, or plain counts, as the names say. */
export interface Limits {
  /** One message from a client. */
  messageBytes: number;
  /** Kept of what a client sends before its document is open to it; beyond, its socket is not read. */
  heldBytes: number;
  heldMessages: number;
  /** Messages and bytes a client may send for long; the burst is four seconds' worth. Beyond, it is read slower. */
  messagesASecond: number;
  bytesASecond: number;
  /** Whoever sends more than that for so long without a pause is no editor and is closed. */
  floodMs: number;
  /** Waiting to be taken in by a client; beyond, it gets no more until it is empty, then one difference. */
  bufferedBytes: number;
  /** For a client to take in what waits for it. */
  slowReaderMs: number;
  connections: number;
  /** Sockets one network address may ask for a second, for long; the burst is four seconds' worth. */
  knocksASecond: number;
  /** Sockets of one address, and of all, whose right is being looked up. */
  waitingAnAddress: number;
  waiting: number;
  connectionsADocument: number;
  /** For `authorise` to answer. */
  authoriseMs: number;
  /** How often an open socket's right is looked up again, apart from what `revoke` and `recheck` cut at once. */
  reauthoriseMs: number;
  /** One person's presence (cursor, selection …) as JSON. */
  presenceBytes: number;
  /** Presences one socket may introduce. */
  presencesAConnection: number;
  /** The longest that changes are gathered before they go out as one message. */
  tickMs: number;
  /** At most one message of presences to each client in this time; longer where so many presences a second go to all. */
  presenceMs: number;
  slowestPresenceMs: number;
  presencesASecond: number;
  /** At most one insert for a document in this time. */
  saveMs: number;
  /** Waiting to be saved in one document; beyond, its writers are not read until the database is back. */
  unsavedBytes: number;
  /** Stored size from which a document takes no more changes. */
  documentBytes: number;
  /** Rows of the log, and bytes of it, after which a snapshot is due. */
  snapshotRows: number;
  snapshotBytes: number;
  /** A document that nobody writes in is kept as bytes after this. */
  restMs: number;
  /** A document without clients leaves memory after this. */
  idleMs: number;
  /** Between tries of a failed save: the first, and the most. */
  retryMs: number;
  retryMaxMs: number;
  /** For the last saves when the server stops. */
  closeMs: number;
  /** Between rounds of looking after sockets (alive, slow, presences to renew) and after what other nodes wrote. */
  careMs: number;
  /** How often a node tells the others that it lives; after how long of silence it counts as gone. */
  beatMs: number;
  nodeSilentMs: number;
  /** For rows that overtook others on the way between nodes; then the log is read. */
  gapMs: number;
}

/** Beside other nodes: what is drawn on one is seen on another once it is saved. */
export const amongNodes: Partial<Limits> = { saveMs: 50 };

export const defaultLimits: Limits = {
  messageBytes: 4 * 1024 * 1024,
  heldBytes: 1024 * 1024,
  heldMessages: 256,
  messagesASecond: 250,
  bytesASecond: 2 * 1024 * 1024,
  floodMs: 60_000,
  bufferedBytes: 1024 * 1024,
  slowReaderMs: 20_000,
  connections: 4096,
  knocksASecond: 50,
  waitingAnAddress: 64,
  waiting: 512,
  connectionsADocument: 64,
  authoriseMs: 10_000,
  reauthoriseMs: 300_000,
  presenceBytes: 16 * 1024,
  presencesAConnection: 4,
  tickMs: 16,
  ...presencePace,
  saveMs: 100,
  unsavedBytes: 8 * 1024 * 1024,
  documentBytes: 64 * 1024 * 1024,
  snapshotRows: 500,
  snapshotBytes: 256 * 1024,
  restMs: 5_000,
  idleMs: 30_000,
  retryMs: 100,
  retryMaxMs: 5_000,
  closeMs: 10_000,
  careMs: 5_000,
  beatMs: 1_000,
  nodeSilentMs: 4_000,
  gapMs: 25
};
