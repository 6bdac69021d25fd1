/** Pure: when a call is end-to-end encrypted, by whom it is kept from being so, and why. Time is passed in. */

/** Somebody who took a seat with a browser that cannot encrypt. */
export interface CannotEncrypt {
  identity: string;
  name: string;
  /** When they took it, ISO 8601. */
  at: string;
}

/**
 * `visit`: on, for a patient comes; `staff`: off, for none does; `chosen`: a host turned it on or off; `cannot`: off,
 * for somebody's browser cannot.
 */
export type EncryptionReason = 'visit' | 'staff' | 'chosen' | 'cannot';

/** Where a call stands, as everybody in it is told. */
export interface EncryptionView {
  on: boolean;
  why: EncryptionReason;
  /** Who chose it, or cannot; null: nobody in particular. */
  name: string | null;
  /** Counts the keys of this call's room; a client holds the key of one of them. */
  epoch: number;
}

/** What a seat is given. */
export interface CallEncryption extends EncryptionView {
  /** 32 bytes, base64url; null: none is used, or this browser could not use it. */
  key: string | null;
}

export interface EncryptionFacts {
  /** A patient has, or had, a door to this call. */
  isVisit: boolean;
  choice: { on: boolean; byName: string } | null;
  cannot: readonly CannotEncrypt[];
  epoch: number;
}

/** [CN-80] On where a patient comes or a host wants it, and everybody can. */
export function encryptionView({ isVisit, choice, cannot, epoch }: EncryptionFacts): EncryptionView {
  const wanted = choice ? choice.on : isVisit;
  const hindering = cannot[0];
  if (wanted && hindering) return { on: false, why: 'cannot', name: hindering.name, epoch };
  if (choice) return { on: choice.on, why: 'chosen', name: choice.byName, epoch };
  return { on: isVisit, why: isVisit ? 'visit' : 'staff', name: null, epoch };
}

/** Who cannot, once this person has taken a seat and said what their browser can. */
export function withSeat(
  cannot: readonly CannotEncrypt[],
  { identity, name, can, at }: { identity: string; name: string; can: boolean; at: Date }
): CannotEncrypt[] {
  const others = cannot.filter((person) => person.identity !== identity);
  return can ? others : [...others, { identity, name, at: at.toISOString() }];
}

/** The media server tells who is in the room within this time of a seat being taken. */
const toldWithinMs = 60_000;

/** [CN-81] Of those who cannot, who is in the room or may be on their way in. */
export function stillHere(
  cannot: readonly CannotEncrypt[],
  { inRoom, now }: { inRoom: ReadonlySet<string>; now: Date }
): CannotEncrypt[] {
  return cannot.filter(
    ({ identity, at }) => inRoom.has(identity) || now.getTime() - Date.parse(at) < toldWithinMs
  );
}
