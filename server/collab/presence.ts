import { presencePaceMs } from '#lib/features/board/people.ts';
import { type Access, authorOf } from './access.ts';
import { Cadence } from './cadence.ts';
import { type PresenceEntry, encodePresenceEntry, encodePresences } from './protocol.ts';
import type { RelayedPresence } from './relay-messages.ts';

/** A socket, as presence sees it. */
export interface PresenceMember {
  readonly access: Access;
  /** Needs no renewals: it takes who is there for there until it hears that they are gone. */
  readonly keepsPresences: boolean;
  sendPresences(frame: Uint8Array): void;
  presenceTooLarge(): void;
}

interface Presence {
  clientId: number;
  /** Whose socket may set it, or the node that has the socket; null once that is gone. */
  owner: PresenceMember | string | null;
  /** When the owner introduced it, milliseconds since 1970: of two nodes that claim it, the later one has it. */
  since: number;
  /** The newest change was made here, so it is ours to tell the other nodes. */
  ours: boolean;
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
  /** What is still to be told. A renewal says nothing new. */
  news: 'none' | 'renewal' | 'change';
}

export interface PresencesOptions {
  members: ReadonlySet<PresenceMember>;
  presenceMs: number;
  slowestPresenceMs: number;
  presencesASecond: number;
  presenceBytes: number;
  presencesAConnection: number;
  nowMs: () => number;
  /** Tells the other nodes what changed here. */
  relay: (presences: readonly RelayedPresence[]) => void;
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
    const { members } = options;
    this.#cadence = new Cadence(
      () => presencePaceMs(members.size, options),
      () => this.#tell()
    );
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
      return this.#add({ clientId, owner: member, since: Date.now(), author, heardClock: clock, json: null });
    }
    // A reconnect brings the same client id on a new socket, perhaps before the old one is known to be dead.
    // An echo has the clock that was told; only the client itself can be ahead of that.
    const takesOver = introduces || (presence.owner === null && clock > presence.toldClock);
    if (presence.author !== author || !takesOver) return null;
    Object.assign(presence, { owner: member, since: Date.now() });
    // The other nodes must hear whose it is now, also where nothing else has changed.
    if (presence.json !== null) this.#change(presence, presence.json);
    return presence;
  }

  #add(known: Pick<Presence, 'clientId' | 'owner' | 'since' | 'author' | 'heardClock' | 'json'>): Presence {
    this.#forgetOldest();
    const fresh = { toldClock: 0, ours: false, entry: new Uint8Array(), toldAtMs: 0, news: 'none' as const };
    const presence = { ...known, ...fresh };
    this.#presences.set(known.clientId, presence);
    return presence;
  }

  #set(presence: Presence, member: PresenceMember, entry: PresenceEntry): void {
    presence.heardClock = entry.clock;
    if (entry.json.length > this.#options.presenceBytes) {
      member.presenceTooLarge();
      return;
    }
    const json = signed(entry.json, member.access);
    if (json !== presence.json) this.#change(presence, json);
  }

  #change(presence: Presence, json: string | null): void {
    presence.json = json;
    presence.ours = true;
    presence.news = 'change';
    this.#cadence.request();
  }

  /** What another node says of the sockets it has. */
  hear(node: string, entries: readonly RelayedPresence[]): void {
    for (const entry of entries) if (this.#accept(node, entry)) this.#cadence.request();
  }

  /**
   * The same client on two nodes is one that has moved: the node it left notices late, and its "gone" must not end what
   * the new one says.
   */
  #accept(node: string, { clientId, clock, json: text, author, since }: RelayedPresence): boolean {
    const json = text === 'null' ? null : text;
    const presence = this.#presences.get(clientId);
    if (!presence && json === null) return false;
    if (presence && presence.owner !== node) {
      if (json === null || presence.author !== author) return false;
      if (presence.owner !== null && since <= presence.since) return false;
    } else if (presence && json === presence.json && clock <= presence.toldClock) return false;
    const known = presence ?? this.#add({ clientId, owner: node, since, author, heardClock: clock, json });
    const owner = json === null ? null : node;
    const isRenewal = known === presence && known.json === json && known.news !== 'change';
    const news = isRenewal ? 'renewal' : 'change';
    Object.assign(known, { owner, since, json, heardClock: clock, ours: false, news });
    return true;
  }

  /** A node is gone, and its sockets with it. */
  drop(node: string): void {
    for (const presence of this.#presences.values()) {
      if (presence.owner !== node) continue;
      Object.assign(presence, { owner: null, json: null, ours: false, news: 'change' });
      this.#cadence.request();
    }
  }

  /** Tell the other nodes of everyone here. */
  announce(): void {
    const here = [...this.#presences.values()].filter(
      ({ owner, json, news }) => isHere(owner) && json !== null && news === 'none'
    );
    if (here.length > 0) this.#options.relay(here.map(relayed));
  }

  /** Everyone there, for one who has just come; null where nobody is. */
  all(): Uint8Array | null {
    return framed([...this.#presences.values()].filter(({ json, news }) => json !== null && news === 'none'));
  }

  /** As `all`, and who has gone: for one who has missed some of it. */
  told(): Uint8Array | null {
    return framed([...this.#presences.values()].filter(({ news }) => news === 'none'));
  }

  leave(member: PresenceMember): void {
    for (const presence of this.#ownedBy(member)) {
      presence.owner = null;
      if (presence.json !== null) this.#change(presence, null);
    }
  }

  /** Call every few seconds: lets those whose socket lives be seen on, even where their tab sleeps. Each node its own. */
  renew(): void {
    const now = this.#options.nowMs();
    const here = [...this.#presences.values()].filter(({ owner, json }) => isHere(owner) && json !== null);
    if (!here.some((presence) => now - presence.toldAtMs >= renewAfterMs)) return;
    for (const presence of here)
      if (now - presence.toldAtMs >= alsoRenewAfterMs && presence.news === 'none') {
        presence.ours = true;
        presence.news = 'renewal';
        this.#cadence.request();
      }
  }

  /** The role or name of a member changed. */
  resign(member: PresenceMember): void {
    for (const presence of this.#ownedBy(member)) {
      if (presence.json !== null) this.#change(presence, signed(presence.json, member.access));
    }
  }

  /** This person has the document open, on whichever node. */
  isHere(author: string): boolean {
    return this.#of(author).length > 0;
  }

  /** This person asks the others to follow their view (people.ts). */
  presents(author: string): boolean {
    return this.#of(author).some(({ json }) => typeof stateOf(json)?.['presenting'] === 'number');
  }

  #of(author: string): Presence[] {
    return [...this.#presences.values()].filter((each) => each.author === author && each.json !== null);
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
      if (presence.owner === null && presence.news === 'none') {
        this.#presences.delete(presence.clientId);
        return;
      }
  }

  #tell(): void {
    const changed = [...this.#presences.values()].filter(({ news }) => news !== 'none');
    if (changed.length === 0) return;
    const now = this.#options.nowMs();
    for (const presence of changed) {
      presence.toldAtMs = now;
      presence.toldClock = Math.max(presence.heardClock, presence.toldClock + 1);
      presence.entry = encodePresenceEntry({
        clientId: presence.clientId,
        clock: presence.toldClock,
        json: presence.json ?? 'null'
      });
    }
    const ours = changed.filter((presence) => presence.ours);
    if (ours.length > 0) this.#options.relay(ours.map(relayed));
    this.#tellMembers(changed, (member) => !member.keepsPresences);
    this.#tellMembers(
      changed.filter(({ news }) => news === 'change'),
      (member) => member.keepsPresences
    );
    for (const presence of changed) presence.news = 'none';
  }

  #tellMembers(changed: readonly Presence[], isAmong: (member: PresenceMember) => boolean): void {
    const owners = new Set<unknown>(changed.map((presence) => presence.owner));
    const forAll = framed(changed);
    if (!forAll) return;
    for (const member of this.#options.members) {
      if (!isAmong(member)) continue;
      const frame = owners.has(member) ? framed(changed.filter(({ owner }) => owner !== member)) : forAll;
      if (frame) member.sendPresences(frame);
    }
  }
}

/** One message of these; null: nothing to say. */
function framed(presences: readonly Presence[]): Uint8Array | null {
  return presences.length > 0 ? encodePresences(presences.map(({ entry }) => entry)) : null;
}

/** True for the sockets of this node. */
function isHere(owner: Presence['owner']): boolean {
  return owner !== null && typeof owner !== 'string';
}

function relayed({ clientId, toldClock, json, author, since }: Presence): RelayedPresence {
  return { clientId, clock: toldClock, json: json ?? 'null', author, since };
}

/** The state with `id`, `name` and `role` of its user as the server knows them; null where it is no state. */
function signed(json: string, access: Access): string | null {
  const state = stateOf(json);
  if (!state) return null;
  const claimed = isObject(state['user']) ? state['user'] : {};
  const user = { ...claimed, id: access.identity, name: access.name, role: access.role };
  return JSON.stringify({ ...state, user });
}

function stateOf(json: string | null): Record<string, unknown> | null {
  try {
    const state: unknown = json === null ? null : JSON.parse(json);
    return isObject(state) ? state : null;
  } catch {
    // Nonsense from a client shows as nobody.
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
