/** Pure part of the call: what it can be in, who is shown where, how a line is judged. No media client here. */

import type { CallEncryption } from '../../encryption.ts';
import { seatRoles, type SeatRole } from '../../seat.ts';

export type { SeatRole };

/** Where a call stands. One at a time; what belongs to a state travels with it. */
export type CallPhase =
  | { kind: 'lobby' }
  | { kind: 'joining' }
  | { kind: 'live' }
  /** `lost`: the media client gave up and a new room is being built. */
  | { kind: 'reconnecting'; since: number; lost: boolean }
  | { kind: 'left'; reason: LeaveReason }
  | { kind: 'failed'; reason: FailReason };

export type LeaveReason = 'self' | 'removed' | 'ended' | 'elsewhere';
export type FailReason = 'unavailable' | 'refused' | 'blocked' | 'unsupported';

/** A door to the media server, good for a few minutes. */
export interface Ticket {
  /** `ws(s)://…`, or a path under the page's own origin (`/sfu`). */
  url: string;
  token: string;
  /** Null: the media server names them itself. */
  iceServers: readonly { urls: string; username?: string; credential?: string }[] | null;
  /** True where the token holds a seat (see `takeSeat`): connected unseen in the lobby. */
  held?: boolean;
  /** [CALL-70] Absent: not encrypted. */
  encryption?: CallEncryption;
}

export type LineQuality = 'good' | 'fair' | 'poor' | 'lost' | 'unknown';

/** A picture that can be put into a `<video>`; the same object as long as it is the same track. */
export interface VideoSource {
  id: string;
  /** Shows it; returns how to stop. */
  attach(element: HTMLVideoElement): () => void;
}

/** What a tile shows of a person. */
export type Picture = 'camera' | 'screen' | 'intraoral';

/** A person in the call, as drawn. */
export interface ParticipantView {
  identity: string;
  name: string;
  role: SeatRole;
  /** Of a delegate, to the patient. */
  relation?: string | null;
  /** Of who was invited: where they work. */
  organisation?: string | null;
  isSelf: boolean;
  micOn: boolean;
  cameraOn: boolean;
  speaking: boolean;
  quality: LineQuality;
  /** Milliseconds since 1970. */
  joinedAt: number;
  /** Hand raised since, by the server's clock; null: not. Milliseconds since 1970. */
  handAt?: number | null;
  /** Said to be back soon. */
  away?: boolean;
  camera: VideoSource | null;
  screen: VideoSource | null;
  /** [CALL-52] A second camera, in the mouth; never in place of the first. */
  intraoral?: VideoSource | null;
  /** [CALL-65] Spares data: their picture is sent small. */
  lowData?: boolean;
  /** Sends something unencrypted in an encrypted call. */
  plain?: boolean;
}

/** Of a person's picture, among all of the call. */
export const pictureKey = (identity: string, picture: Picture): string =>
  picture === 'camera' ? identity : `${identity}/${picture}`;

/** Role from a participant's metadata; shown only, never trusted for access. */
export function roleFrom(metadata: string | undefined): SeatRole {
  try {
    const value: unknown = JSON.parse(metadata ?? '');
    if (typeof value === 'object' && value !== null && 'role' in value)
      return seatRoles.find((role) => role === value.role) ?? 'member';
  } catch {
    // Foreign or missing metadata: an ordinary member.
  }
  return 'member';
}

/** Of a delegate, to the patient; null for everybody else. Shown only. */
export const relationFrom = (metadata: string | undefined) => textFrom(metadata, 'relation');

/** Of who was invited, where they work; null for everybody else. Shown only. */
export const organisationFrom = (metadata: string | undefined) => textFrom(metadata, 'organisation');

function textFrom(metadata: string | undefined, name: string): string | null {
  try {
    const value: unknown = JSON.parse(metadata ?? '');
    const text = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
    return typeof text === 'string' ? text : null;
  } catch {
    // Foreign or missing metadata: nobody's.
    return null;
  }
}

/** When a hand was raised, from a participant's attributes, which the app alone sets. */
export function handFrom(attributes: Readonly<Record<string, string>>): number | null {
  const at = Date.parse(attributes['hand'] ?? '');
  return Number.isNaN(at) ? null : at;
}

/** Who has a hand up, the longest first. */
export function raisedHands(people: readonly ParticipantView[]): ParticipantView[] {
  return people
    .filter((person) => person.handAt != null)
    .sort((a, b) => (a.handAt ?? 0) - (b.handAt ?? 0) || a.identity.localeCompare(b.identity));
}

/** The media client's own words, without importing it. */
export function qualityFrom(quality: string): LineQuality {
  switch (quality) {
    case 'excellent':
      return 'good';
    case 'good':
      return 'fair';
    case 'poor':
      return 'poor';
    case 'lost':
      return 'lost';
    default:
      return 'unknown';
  }
}

/** LiveKit's disconnect reasons (protocol enum) that end a call for good; null: come back. */
export function endOfCall(reason: number | undefined): LeaveReason | null {
  switch (reason) {
    case 1:
      return 'self';
    case 2:
      return 'elsewhere';
    case 4:
      return 'removed';
    case 5:
    case 10:
      return 'ended';
    default:
      return null;
  }
}

/** Pause before the n-th new attempt (0-based) to build a room, with ±20 % so that a room does not return as one. */
export function retryPauseMs(attempt: number, random: number): number {
  const base = Math.min(10_000, 500 * 2 ** attempt);
  return Math.round(base * (0.8 + 0.4 * random));
}

/**
 * Order of the tiles: who shares a screen, then the one last heard (kept until someone else speaks, so that
 * tiles do not jump in a conversation), then by coming; self last.
 */
export function orderTiles(
  people: readonly ParticipantView[],
  lastSpeaker: string | null
): ParticipantView[] {
  const rank = (person: ParticipantView) =>
    person.isSelf ? 3 : person.screen ? 0 : person.identity === lastSpeaker ? 1 : 2;
  return [...people].sort(
    (a, b) => rank(a) - rank(b) || a.joinedAt - b.joinedAt || a.identity.localeCompare(b.identity)
  );
}

/** Who leads the room now: the latest other person heard; keeps the former while nobody speaks. */
export function nextSpeaker(people: readonly ParticipantView[], former: string | null): string | null {
  const others = people.filter((person) => !person.isSelf);
  const speaking = others.filter((person) => person.speaking);
  if (speaking.length > 0 && !speaking.some((person) => person.identity === former))
    return speaking[0]?.identity ?? null;
  return others.some((person) => person.identity === former) ? former : null;
}

/** Who a patient sees large: the last clinician heard, else the expert, else who asked, else anyone. */
export function leadOf(
  people: readonly ParticipantView[],
  lastSpeaker: string | null
): ParticipantView | null {
  const others = people.filter((person) => !person.isSelf);
  const clinicians = others.filter((person) => person.role !== 'patient' && person.role !== 'delegate');
  return (
    clinicians.find((person) => person.identity === lastSpeaker) ??
    clinicians.find((person) => person.role === 'requester') ??
    clinicians.find((person) => person.role === 'expert') ??
    clinicians[0] ??
    others[0] ??
    null
  );
}

/** `/sfu` under the page's origin as the address a WebSocket wants. */
export function socketUrl(url: string, origin: string): string {
  return url.startsWith('/') ? `${origin.replace(/^http/, 'ws')}${url}` : url;
}
