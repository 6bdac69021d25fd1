import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { PatientNews } from '#lib/features/board/patient-view.ts';

/**
 * Messages on the socket: y-websocket's (0–3, each frame one message) and four of our own, which a stock client
 * does without: 100 `saved`, 101 `notice`, 102 `keeps presences` and 103 `shown`. See SPEC.md beside this file.
 */
const sync = 0;
const awareness = 1;
const auth = 2;
const queryAwareness = 3;
export const savedMessage = 100;
export const noticeMessage = 101;
export const keepsPresencesMessage = 102;
export const shownMessage = 103;

const step1 = 0;
const step2 = 1;
const update = 2;

export type Incoming =
  | { kind: 'state-vector'; stateVector: Uint8Array }
  | { kind: 'update'; update: Uint8Array; answersStep1: boolean }
  | { kind: 'presence'; entries: PresenceEntry[] }
  | { kind: 'query-presence' }
  | { kind: 'mark'; mark: number }
  /** Takes who is there for there until it hears that they are gone: needs no renewals. */
  | { kind: 'keeps-presences' }
  /** Of a later version of the protocol: passed over. */
  | { kind: 'unknown' };

export interface PresenceEntry {
  clientId: number;
  clock: number;
  /** JSON; `null` where the presence ended. */
  json: string;
}

export type Notice =
  /** Changes are refused from now on. */
  | { kind: 'read-only'; reason: 'access' | 'closed' | 'full' }
  /** Changes are taken again. */
  | { kind: 'writable' }
  /** An update was refused and is nowhere but in the sender's own copy; the socket is closed after it. */
  | { kind: 'refused'; code: string }
  | { kind: 'presence-too-large' }
  /** Saving does not succeed at present; what was sent is kept and tried again. */
  | { kind: 'save-delayed' }
  | { kind: 'save-resumed' }
  /** Other servers are not heard: people who came in by them see changes late, and are not seen themselves. */
  | { kind: 'relay-lost' }
  | { kind: 'relay-back' };

const maxPresenceEntries = 4096;

/** @throws where the bytes are no message of the protocol */
export function decode(bytes: Uint8Array): Incoming {
  const decoder = decoding.createDecoder(bytes);
  const type = decoding.readVarUint(decoder);
  switch (type) {
    case sync:
      return decodeSync(decoder);
    case awareness:
      return { kind: 'presence', entries: decodePresence(decoding.readVarUint8Array(decoder)) };
    case queryAwareness:
      return { kind: 'query-presence' };
    case savedMessage:
      return { kind: 'mark', mark: decoding.readVarUint(decoder) };
    case keepsPresencesMessage:
      return { kind: 'keeps-presences' };
    default:
      if (type > savedMessage) return { kind: 'unknown' };
      throw new RangeError(`message type ${type}`);
  }
}

function decodeSync(decoder: decoding.Decoder): Incoming {
  const type = decoding.readVarUint(decoder);
  const payload = decoding.readVarUint8Array(decoder);
  if (type === step1) return { kind: 'state-vector', stateVector: payload };
  if (type === step2 || type === update)
    return { kind: 'update', update: payload, answersStep1: type === step2 };
  throw new RangeError(`sync message type ${type}`);
}

function decodePresence(bytes: Uint8Array): PresenceEntry[] {
  const decoder = decoding.createDecoder(bytes);
  const count = decoding.readVarUint(decoder);
  if (count > maxPresenceEntries) throw new RangeError(`${count} presences`);
  const entries: PresenceEntry[] = [];
  for (let i = 0; i < count; i++) {
    const clientId = decoding.readVarUint(decoder);
    const clock = decoding.readVarUint(decoder);
    entries.push({ clientId, clock, json: decoding.readVarString(decoder) });
  }
  return entries;
}

function frame(...parts: ((encoder: encoding.Encoder) => void)[]): Uint8Array {
  return encoding.encode((encoder) => {
    for (const part of parts) part(encoder);
  });
}
const number = (value: number) => (encoder: encoding.Encoder) => encoding.writeVarUint(encoder, value);
const blob = (value: Uint8Array) => (encoder: encoding.Encoder) =>
  encoding.writeVarUint8Array(encoder, value);
const string = (value: string) => (encoder: encoding.Encoder) => encoding.writeVarString(encoder, value);

export const encodeStep1 = (stateVector: Uint8Array): Uint8Array =>
  frame(number(sync), number(step1), blob(stateVector));
export const encodeStep2 = (bytes: Uint8Array): Uint8Array => frame(number(sync), number(step2), blob(bytes));
export const encodeUpdate = (bytes: Uint8Array): Uint8Array =>
  frame(number(sync), number(update), blob(bytes));
/** y-protocols' own "permission denied", which a stock client logs. */
export const encodeDenied = (reason: string): Uint8Array => frame(number(auth), number(0), string(reason));
export const encodeSaved = (mark: number): Uint8Array => frame(number(savedMessage), number(mark));
export const encodeNotice = (notice: Notice): Uint8Array =>
  frame(number(noticeMessage), string(JSON.stringify(notice)));

export const encodeShown = (news: PatientNews): Uint8Array =>
  frame(number(shownMessage), string(JSON.stringify(news)));

/** One presence as bytes, to be put together by `encodePresences`. */
export const encodePresenceEntry = (entry: PresenceEntry): Uint8Array =>
  frame(number(entry.clientId), number(entry.clock), string(entry.json));

export function encodePresences(entries: readonly Uint8Array[]): Uint8Array {
  return frame(
    number(awareness),
    blob(
      frame(number(entries.length), (encoder) => {
        for (const entry of entries) encoding.writeUint8Array(encoder, entry);
      })
    )
  );
}

/** Says nothing: keeps y-websocket's client, which wants a message every 30 s, from hanging up. */
export const keepAlive: Uint8Array = encodePresences([]);
