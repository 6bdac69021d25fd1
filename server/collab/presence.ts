import { type Access, authorOf } from './access.ts';
import { Cadence } from './cadence.ts';
import { type PresenceEntry, encodePresenceEntry, encodePresences } from './protocol.ts';

/** A socket, as presence sees it. */
export interface PresenceMember {
  readonly access: Access;
  sendPresences(frame: Uint8Array): void;
  presenceTooLarge(): void;
}

interface Presence {
  clientId: number;
  /** Whose socket may set it; null once that is gone. */
  owner: PresenceMember | null;
  /** Who introduced it: only the same person can take it over with a new socket. */
  author: string;
  /** The owner's newest clock. */
  heardClock: number;
  /** The clock others last saw. */
  toldClock: number;
  /** What others see, as JSON; null: absent. */
  json: string | null;
  /** `toldClock` and `json` as sent. */
  entry: Uint8Array;
  toldAtMs: number;
  dirty: boolean;
}

export interface PresencesOptions {
  members: ReadonlySet<PresenceMember>;
  presenceMs: number;
  presenceBytes: number;
  presencesAConnection: number;
  nowMs: () => number;
}

/** y-websocket's client drops who was not renewed for 30 s. */
const renewAfterMs = 15_000;
const alsoRenewAfterMs = 8_000;
const maxRemembered = 1024;

/**
 * Who is where in one document. A client sets only what it introduced; name and role are the server's; changes
 * go out gathered, never back to their owner; renewals that change nothing go out together, now and then.
 */
export class Presences {
  readonly #options: PresencesOptions;
  readonly #presences = new Map<number, Presence>();
  /** Members that have sent a presence message before. */
  readonly #heard = new WeakSet<PresenceMember>();
  readonly #cadence: Cadence;

  constructor(options: PresencesOptions) {
    this.#options = options;
    this.#cadence = new Cadence(options.presenceMs, () => this.#tell());
  }

  receive(member: PresenceMember, entries: readonly PresenceEntry[]): void {
    // y-websocket's client begins with its own presence alone. Later it also echoes what it hears of others.
    const introduces = entries.length === 1 && !this.#heard.has(member);
    this.#heard.add(member);
    for (const entry of entries) {
      const presence = this.#claim(member, entry, introduces);
      if (presence) this.#set(presence, member, entry);
    }
  }

  /** The presence `member` may set with this entry; null where it may not, which a stock client's echo does not mind. */
  #claim(
    member: PresenceMember,
    { clientId, clock, json }: PresenceEntry,
    introduces: boolean
  ): Presence | null {
    const author = authorOf(member.access);
    const presence = this.#presences.get(clientId);
    if (presence?.owner === member) return clock >= presence.heardClock ? presence : null;
    if (json === 'null') return null;
    if (!presence) {
      if (this.#ownedBy(member).length >= this.#options.presencesAConnection) return null;
      this.#forgetOldest();
      const fresh: Presence = {
        clientId,
        owner: member,
        author,
        heardClock: clock,
        toldClock: 0,
        json: null,
        entry: new Uint8Array(),
        toldAtMs: 0,
        dirty: false
      };
      this.#presences.set(clientId, fresh);
      return fresh;
    }
    // A reconnect brings the same client id on a new socket, perhaps before the old one is known to be dead.
    // An echo has the clock that was told; only the client itself can be ahead of that.
    const takesOver = introduces || (presence.owner === null && clock > presence.toldClock);
    if (presence.author !== author || !takesOver) return null;
    presence.owner = member;
    return presence;
  }

  #set(presence: Presence, member: PresenceMember, entry: PresenceEntry): void {
    presence.heardClock = entry.clock;
    if (entry.json.length > this.#options.presenceBytes) {
      member.presenceTooLarge();
      return;
    }
    const json = signed(entry.json, member.access);
    if (json === presence.json) return;
    presence.json = json;
    presence.dirty = true;
    this.#cadence.request();
  }

  /** Everyone there, for one who has just come; null where nobody is. */
  all(): Uint8Array | null {
    const present = [...this.#presences.values()].filter(
      (presence) => presence.json !== null && !presence.dirty
    );
    return present.length > 0 ? encodePresences(present.map((presence) => presence.entry)) : null;
  }

  leave(member: PresenceMember): void {
    for (const presence of this.#ownedBy(member)) {
      presence.owner = null;
      if (presence.json === null) continue;
      presence.json = null;
      presence.dirty = true;
      this.#cadence.request();
    }
  }

  /** Call every few seconds: lets those whose socket lives be seen on, even where their tab sleeps. */
  renew(): void {
    const now = this.#options.nowMs();
    const present = [...this.#presences.values()].filter((presence) => presence.json !== null);
    if (!present.some((presence) => now - presence.toldAtMs >= renewAfterMs)) return;
    for (const presence of present) if (now - presence.toldAtMs >= alsoRenewAfterMs) presence.dirty = true;
    this.#cadence.request();
  }

  /** The role or name of a member changed. */
  resign(member: PresenceMember): void {
    for (const presence of this.#ownedBy(member)) {
      if (presence.json === null) continue;
      presence.json = signed(presence.json, member.access);
      presence.dirty = true;
      this.#cadence.request();
    }
  }

  stop(): void {
    this.#cadence.stop();
  }

  #ownedBy(member: PresenceMember): Presence[] {
    return [...this.#presences.values()].filter((presence) => presence.owner === member);
  }

  #forgetOldest(): void {
    if (this.#presences.size < maxRemembered) return;
    for (const presence of this.#presences.values())
      if (presence.owner === null && !presence.dirty) {
        this.#presences.delete(presence.clientId);
        return;
      }
  }

  #tell(): void {
    const changed = [...this.#presences.values()].filter((presence) => presence.dirty);
    if (changed.length === 0) return;
    const now = this.#options.nowMs();
    for (const presence of changed) {
      presence.dirty = false;
      presence.toldAtMs = now;
      presence.toldClock = Math.max(presence.heardClock, presence.toldClock + 1);
      presence.entry = encodePresenceEntry({
        clientId: presence.clientId,
        clock: presence.toldClock,
        json: presence.json ?? 'null'
      });
    }
    const owners = new Set(changed.map((presence) => presence.owner));
    const forAll = encodePresences(changed.map((presence) => presence.entry));
    for (const member of this.#options.members) {
      const others = owners.has(member) ? changed.filter((presence) => presence.owner !== member) : changed;
      if (others.length === 0) continue;
      member.sendPresences(
        others === changed ? forAll : encodePresences(others.map((presence) => presence.entry))
      );
    }
  }
}

/** The state with `id`, `name` and `role` of its user as the server knows them; null where it is no state. */
function signed(json: string, access: Access): string | null {
  let state: unknown;
  try {
    state = JSON.parse(json);
  } catch {
    // Nonsense from a client shows as nobody.
    return null;
  }
  if (!isObject(state)) return null;
  const claimed = isObject(state['user']) ? state['user'] : {};
  const user = { ...claimed, id: access.identity, name: access.name, role: access.role };
  return JSON.stringify({ ...state, user });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
