/**
 * Why a socket was closed. y-websocket's client takes 4400–4499 as final and comes back after all others, so
 * the range is the promise: 44xx, nothing will change by trying again; 45xx, come back and nothing is lost.
 */
export const closeCodes = {
  /** Not a message of the protocol, or an update that builds on content nobody has. */
  badMessage: 4400,
  /** No session, or one that has ended. */
  noSession: 4401,
  /** A session without the right to this document, or one whose right was just taken away. */
  forbidden: 4403,
  /** No such document, or none this person may know of. */
  unknownDocument: 4404,
  /** The document has ended and cannot be opened any more. */
  documentEnded: 4409,
  /** One message larger than the limit. */
  tooLarge: 4413,
  /** An update with content the document's policy refuses; a notice before it says which. */
  refusedContent: 4422,
  /** The server failed; what it told to be saved is saved. */
  serverFailed: 4500,
  /** The server stops or restarts. */
  shuttingDown: 4503,
  /** Too many sockets on this document. */
  documentFull: 4507,
  /** Did not take in what it was sent in time: comes back and fetches the difference. */
  slowReader: 4508,
  /** Sent more than the limit for long; what it was told to be saved is. */
  flood: 4509,
  /** Did not prove to be alive. */
  silent: 4510
} as const;

export type CloseReason = keyof typeof closeCodes;
