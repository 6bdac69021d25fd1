import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { PresenceEntry } from './protocol.ts';

/** A presence as nodes tell it each other. */
export interface RelayedPresence extends PresenceEntry {
  /** Who introduced it: only they can move it to another node. */
  author: string;
  /** When that was, milliseconds since 1970. */
  since: number;
}

/** What nodes tell each other about one document. */
export type DocumentNews =
  /** Rows of the log that were just committed, from number `first` on. */
  | { kind: 'rows'; first: number; updates: readonly Uint8Array[] }
  /** The log has rows up to this one: what is missing there is in Postgres. */
  | { kind: 'head'; last: number }
  | { kind: 'presences'; presences: readonly RelayedPresence[] }
  /** Somebody has just opened the document: who is there? */
  | { kind: 'who' };

/** Larger ones are read from the log: a relay that chokes on one message delays all others. */
const maxRowBytes = 256 * 1024;
const kinds = ['rows', 'head', 'presences', 'who'] as const;

/** What to tell of rows just committed. */
export function newsOfRows(first: number, updates: readonly Uint8Array[]): DocumentNews {
  const bytes = updates.reduce((sum, update) => sum + update.byteLength, 0);
  return bytes > maxRowBytes
    ? { kind: 'head', last: first + updates.length - 1 }
    : { kind: 'rows', first, updates };
}

export function encodeNews(news: DocumentNews): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, kinds.indexOf(news.kind));
    switch (news.kind) {
      case 'rows':
        encoding.writeVarUint(encoder, news.first);
        encoding.writeVarUint(encoder, news.updates.length);
        for (const update of news.updates) encoding.writeVarUint8Array(encoder, update);
        return;
      case 'head':
        encoding.writeVarUint(encoder, news.last);
        return;
      case 'presences':
        encoding.writeVarUint(encoder, news.presences.length);
        for (const { clientId, clock, json, author, since } of news.presences) {
          encoding.writeVarUint(encoder, clientId);
          encoding.writeVarUint(encoder, clock);
          encoding.writeVarString(encoder, json);
          encoding.writeVarString(encoder, author);
          encoding.writeVarUint(encoder, since);
        }
        return;
      case 'who':
        return;
    }
  });
}

/** @returns null for a kind of a later version. @throws where the bytes are none of ours */
export function decodeNews(bytes: Uint8Array): DocumentNews | null {
  const decoder = decoding.createDecoder(bytes);
  const kind = kinds[decoding.readVarUint(decoder)];
  const list = <T>(read: () => T): T[] => Array.from({ length: decoding.readVarUint(decoder) }, read);
  switch (kind) {
    case 'rows':
      return {
        kind,
        first: decoding.readVarUint(decoder),
        updates: list(() => decoding.readVarUint8Array(decoder))
      };
    case 'head':
      return { kind, last: decoding.readVarUint(decoder) };
    case 'presences':
      return {
        kind,
        presences: list(() => ({
          clientId: decoding.readVarUint(decoder),
          clock: decoding.readVarUint(decoder),
          json: decoding.readVarString(decoder),
          author: decoding.readVarString(decoder),
          since: decoding.readVarUint(decoder)
        }))
      };
    case 'who':
      return { kind };
    default:
      return null;
  }
}

/** What holds for a whole site and is told every node. */
export type Order =
  | { kind: 'revoke' | 'recheck'; whose: { userId?: string; inviteId?: string; consultId?: string } }
  | { kind: 'read-only'; documentId: string };
export type NodeNews = Order | { kind: 'beat' } | { kind: 'bye' };

export const encodeNodeNews = (news: NodeNews): Uint8Array => Buffer.from(JSON.stringify(news));
/** @throws where the bytes are none of ours */
export const decodeNodeNews = (bytes: Uint8Array): NodeNews =>
  JSON.parse(Buffer.from(bytes).toString()) as NodeNews;
