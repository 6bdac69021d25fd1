import {
  endOfCall,
  nextSpeaker,
  orderTiles,
  type CallPhase,
  type LeaveReason,
  type ParticipantView,
  type Ticket
} from './call.ts';
import type { CallOptions } from './call-options.ts';
import { CameraAnswers } from './camera/answers.svelte.ts';
import { Devices, type DeviceKind } from './devices.svelte.ts';
import { Encryption } from './encryption/encryption.svelte.ts';
import { Preview } from './preview.svelte.ts';
import type { Source } from './given-back.svelte.ts';
import { Hearing } from './hearing.ts';
import { Intraoral } from './intraoral/intraoral.svelte.ts';
import { LowData } from './low-data.svelte.ts';
import { LineKeeper, type Line } from './reconnect.ts';
import { refusalFrom } from './refusal.ts';
import { Sending } from './sending.svelte.ts';
import type { LocalTracks, Session, SessionListener } from './session.ts';
import type { Stay } from './stay.ts';
import { Watch } from './watch.ts';
import { Weak } from './weak-line/weak.svelte.ts';

const seatWithinMs = 4_000;
const settledWithinMs = 1_000;
/** A ticket lives five minutes; an older one is fetched anew. */
const ticketFreshMs = 4 * 60_000;

/** One person's call, from the lobby to leaving. Holds all state; components only draw it. */
export class CallController {
  phase = $state.raw<CallPhase>({ kind: 'lobby' });
  /** In the order of the tiles, self last. In the lobby: who is there already, where that is known. */
  participants = $state.raw<readonly ParticipantView[]>([]);
  lastSpeaker = $state<string | null>(null);
  sharing = $state(false);
  /** The browser wants a touch before it plays sound: show a button that calls `startAudio`. */
  audioBlocked = $state(false);
  /**
   * The first picture of the others is on the screen, or there is none to wait for. Heavy things (the board's
   * editor takes a second of the page's thread) begin only then.
   */
  settled = $state(false);

  readonly devices = new Devices();
  readonly preview = new Preview(this.devices);
  readonly lowData = new LowData();
  /** [CALL-67] */
  readonly weak = new Weak();
  /** [CALL-52] */
  readonly intraoral = new Intraoral({
    send: async (track) => await this.#session?.sendIntraoral(track),
    end: async () => await this.#session?.endIntraoral()
  });
  readonly sending = new Sending({
    devices: this.devices,
    session: () => this.#session,
    isLive: () => this.phase.kind === 'live',
    changed: (session) => this.#draw(session)
  });
  /** [CALL-70] */
  readonly encryption: Encryption;
  self = $derived(this.participants.find((person) => person.isSelf) ?? null);
  others = $derived(this.participants.filter((person) => !person.isSelf));

  readonly #options: CallOptions;
  #session: Session | null = null;
  #warm: { ticket: Ticket; session: Session; at: number } | null = null;
  #warming: Promise<void> | null = null;
  readonly #line = new LineKeeper({
    build: (signal) => this.#rebuild(signal),
    endBy: (error) => {
      const refusal = refusalFrom(error);
      return refusal.kind === 'final' ? refusal.left : null;
    },
    changed: (line) => this.#follow(line)
  });
  readonly #watch = new Watch({
    line: this.#line,
    session: () => (this.phase.kind === 'live' ? this.#session : null),
    found: (session) => this.#draw(session),
    woke: () => this.sending.givenBack.hurry()
  });
  /** A new room took the place of one that was lost; given what was seen of oneself in that. */
  onRebuilt: ((before: ParticipantView) => void) | null = null;
  readonly hearing = new Hearing();
  /** [CALL-51] */
  readonly cameraAnswers = new CameraAnswers(this.hearing);
  #queued = false;
  /** Numbers each stay, so that the answer of an older one changes nothing. */
  #stay = 0;
  #clickedAt = 0;
  #seatAt: number | null = null;
  #record: Stay | null = null;

  constructor(options: CallOptions) {
    this.#options = options;
    this.encryption = new Encryption({
      current: options.getEncryption,
      session: () => this.#session ?? this.#warm?.session ?? null,
      rebuild: () => (this.#session ? this.#line.tell({ kind: 'lost' }) : this.#cool())
    });
  }

  #wish(held: boolean) {
    return { held, encrypts: this.encryption.can };
  }

  /** What the person wants; kept through reconnections and new rooms. */
  get micOn(): boolean {
    return this.sending.micOn;
  }

  get cameraOn(): boolean {
    return this.sending.cameraOn;
  }

  /** Opens the lobby: devices and self view. Sends nothing and loads no media client. */
  async openLobby(): Promise<void> {
    this.devices.start();
    this.lowData.read();
    if (this.micOn || this.cameraOn) await this.preview.start();
  }

  /**
   * Makes Join quick: loads the media client, fetches a ticket and opens the connection, as a held seat where
   * the server allows it. For those who may enter; failures are kept for Join to meet.
   */
  prepare(): Promise<void> {
    this.#warming ??= this.#prepare().finally(() => (this.#warming = null));
    return this.#warming;
  }

  async #prepare(): Promise<void> {
    if (this.phase.kind !== 'lobby' || this.#warm) return;
    const stay = this.#stay;
    try {
      const [{ Session }, ticket] = await Promise.all([
        import('./session.ts'),
        this.#options.getTicket(this.#wish(this.#options.takeSeat !== undefined))
      ]);
      if (stay !== this.#stay || this.phase.kind !== 'lobby') return;
      const session = this.#newSession(Session, ticket);
      const warm = { ticket, session, at: Date.now() };
      if (ticket.held) await session.connect(ticket);
      else await session.warm(ticket);
      if (stay !== this.#stay || this.phase.kind !== 'lobby') await session.disconnect();
      else {
        this.#warm = warm;
        this.encryption.take(ticket.encryption);
        this.#draw(session);
      }
    } catch {
      // The lobby stays usable; Join starts from nothing and says what is wrong then.
      this.#warm = null;
    }
  }

  /** What was made ready no longer fits. */
  #cool(): void {
    void this.#warm?.session.disconnect();
    this.#warm = null;
    void this.prepare();
  }

  async join(): Promise<void> {
    if (this.phase.kind !== 'lobby' && this.phase.kind !== 'failed') return;
    const stay = ++this.#stay;
    this.phase = { kind: 'joining' };
    this.#endRecord();
    this.#clickedAt = performance.now();
    this.#seatAt = null;
    // What is still being opened counts as wanted: whoever is quick must not arrive unseen and unheard.
    const { camera, microphone, opening } = this.preview;
    this.sending.micOn = microphone.kind === 'on' || (opening !== null && microphone.kind === 'starting');
    this.sending.cameraOn = camera.kind === 'on' || (opening !== null && camera.kind === 'starting');
    const tracks = opening ? opening.then(() => this.preview.release()) : this.preview.release();
    try {
      await this.#enter(stay, tracks);
    } catch (error) {
      if (stay !== this.#stay) return;
      const refusal = refusalFrom(error);
      await this.#drop();
      if (refusal.kind === 'final') this.#leave(refusal.left);
      else {
        this.phase = { kind: 'failed', reason: refusal.failed };
        await this.openLobby();
      }
    }
  }

  async #enter(stay: number, tracks: LocalTracks | Promise<LocalTracks>): Promise<void> {
    const warm = this.#warm;
    this.#warm = null;
    if (warm?.ticket.held && warm.session.isConnected && this.#options.takeSeat) {
      try {
        const taking = this.#options.takeSeat(this.#wish(false));
        // The rights often arrive over the open line before the answer to the request does.
        const [encryption] = await Promise.all([
          taking,
          warm.session.seated(seatWithinMs).then(() => this.#live(stay, warm.session, tracks))
        ]);
        this.encryption.take(encryption);
        return;
      } catch {
        // The held seat was lost (a laptop that slept, a restart): enter by the front door.
        await warm.session.disconnect();
        if (stay !== this.#stay) return;
      }
    }
    // Whoever cannot encrypt says so with a ticket of their own: the others must hear of it.
    const usable = warm && !warm.ticket.held && Date.now() - warm.at < ticketFreshMs && this.encryption.can;
    const [{ Session }, ticket] = await Promise.all([
      import('./session.ts'),
      usable ? warm.ticket : this.#options.getTicket(this.#wish(false))
    ]);
    if (stay !== this.#stay) return;
    this.#seatAt = performance.now();
    const session = usable ? warm.session : this.#newSession(Session, ticket);
    await session.connect(ticket);
    this.#live(stay, session, tracks);
    this.encryption.take(ticket.encryption);
  }

  /** The room is open: from here on this session is the call. */
  #live(stay: number, session: Session, tracks: LocalTracks | Promise<LocalTracks>): void {
    if (stay !== this.#stay) {
      void session.disconnect();
      return;
    }
    this.#session = session;
    this.#record ??= session.stay({
      ...{ clickedAt: this.#clickedAt, seatAt: this.#seatAt },
      ...{ session: () => this.#session, tell: this.#options.keepStatistic }
    });
    this.phase = { kind: 'live' };
    this.#line.start();
    this.#watch.start();
    this.encryption.start();
    this.sending.begin(session, tracks);
    this.#draw(session);
    this.#settle(stay, session);
  }

  #settle(stay: number, session: Session): void {
    if (session.isAnyoneShown) setTimeout(() => stay === this.#stay && this.#settled(), settledWithinMs);
    else this.#settled();
    const speaker = this.devices.chosen('audiooutput');
    if (speaker) void this.sending.guard('microphone', session.useDevice('audiooutput', speaker));
  }

  #settled(): void {
    this.settled = true;
    void this.#record?.settled();
  }

  readonly toggleMic = () => this.#toggle('microphone');
  readonly toggleCamera = () => this.#toggle('camera');

  async #toggle(source: Source): Promise<void> {
    if (this.phase.kind === 'lobby' || this.phase.kind === 'failed')
      return this.preview.setOn(source, this.preview[source].kind !== 'on');
    await this.sending.toggle(source);
  }

  async toggleScreen(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    await this.sending.guard('screen', session.setScreen(!session.isSharing));
    this.#draw(session);
  }

  async chooseDevice(kind: DeviceKind, id: string): Promise<void> {
    this.devices.choose(kind, id);
    const source = kind === 'videoinput' ? 'camera' : 'microphone';
    if (this.#session) await this.sending.guard(source, this.#session.useDevice(kind, id));
    else if (kind !== 'audiooutput') await this.preview.reopen(source);
  }

  /** [CALL-65] */
  async setLowData(on: boolean): Promise<void> {
    this.lowData.set(on);
    await this.#warm?.session.setLowData(on);
    const session = this.#session;
    if (session) await this.sending.renew(() => session.setLowData(on));
  }

  /** Front and back camera of a phone. */
  async flipCamera(): Promise<void> {
    if (!this.#session) return this.preview.flip();
    this.preview.facing = this.preview.facing === 'user' ? 'environment' : 'user';
    await this.sending.guard('camera', this.#session.flipCamera(this.preview.facing));
  }

  /** One's own camera as it is sent; null: none. */
  get camera(): Session['camera'] {
    return this.#session?.camera ?? null;
  }

  /** What is heard in the call, oneself too. */
  sounds(): MediaStreamTrack[] {
    return this.#session?.sounds() ?? [];
  }

  async tell(topic: string, message: object, identity: string): Promise<void> {
    await this.#session?.tell(topic, message, identity);
  }

  readonly startAudio = async () => this.#session?.startAudio();

  async leave(): Promise<void> {
    this.#leave('self');
    await this.#drop();
  }

  /** Back to the lobby after leaving or failing. */
  async again(): Promise<void> {
    this.#stay++;
    this.phase = { kind: 'lobby' };
    this.participants = [];
    await this.openLobby();
  }

  /** The page goes away: everything is let go. */
  destroy(): void {
    this.#rest();
    this.preview.stop();
    this.devices.stop();
    void this.#drop();
  }

  /** For tests of bad lines. */
  async simulate(...fault: Parameters<Session['simulate']>): Promise<void> {
    await this.#session?.simulate(...fault);
  }

  /** This stay is over: nothing comes back any more. */
  #rest(): void {
    this.#stay++;
    this.#line.stop();
    this.#watch.stop();
    this.encryption.stop();
    this.sending.givenBack.stop();
    this.lowData.end();
    this.weak.end();
    this.intraoral.end();
    this.#endRecord();
  }

  #endRecord(): void {
    this.#record?.end();
    this.#record = null;
  }

  #leave(reason: LeaveReason): void {
    this.#rest();
    this.phase = { kind: 'left', reason };
    this.settled = false;
    this.preview.stop();
    this.participants = [];
    this.sharing = false;
  }

  async #drop(): Promise<void> {
    const sessions = [this.#session, this.#warm?.session];
    this.#session = this.#warm = null;
    await Promise.all(sessions.map((session) => session?.disconnect()));
  }

  #newSession(Room: typeof Session, { encryption }: Ticket): Session {
    const session: Session = new Room(
      this.#listener(() => session),
      { encryption, lowData: this.lowData.on }
    );
    return session;
  }

  #listener(session: () => Session): SessionListener {
    const inCall = (act: () => void) => void (this.#session === session() && act());
    return {
      changed: () => this.#drawSoon(session),
      line: (state) => inCall(() => this.#line.tell({ kind: state === 'live' ? 'back' : 'down' })),
      ended: (reason) => this.#ended(session(), reason),
      silenced: () => inCall(() => this.sending.silence()),
      unread: () => inCall(() => this.encryption.unread()),
      weak: (step) => inCall(() => this.weak.stepped(step)),
      cipher: this.encryption,
      audioBlocked: (blocked) => (this.audioBlocked = blocked),
      heard: this.hearing.tell,
      pictured: (at) => {
        if (this.#session !== session()) return;
        this.#record?.pictured(at);
        this.#settled();
      }
    };
  }

  #ended(session: Session, reason: number | undefined): void {
    if (this.#warm?.session === session) {
      this.#warm = null;
      if (this.phase.kind === 'lobby') this.participants = [];
      return;
    }
    if (this.#session !== session) return;
    this.#session = null;
    const end = endOfCall(reason);
    this.#line.tell(end ? { kind: 'ended', reason: end } : { kind: 'lost' });
  }

  #follow(line: Line): void {
    switch (line.kind) {
      case 'up':
        this.phase = { kind: 'live' };
        if (this.#session) this.#draw(this.#session);
        break;
      case 'over':
        this.#leave(line.reason);
        void this.#drop();
        break;
      default:
        this.phase = { kind: 'reconnecting', since: line.since, lost: line.kind !== 'mending' };
    }
  }

  /** A new room with a new ticket in place of the one that was lost. */
  async #rebuild(signal: AbortSignal): Promise<void> {
    const stay = this.#stay;
    const former = this.#session;
    const { self } = this;
    this.#session = null;
    this.sharing = false;
    this.weak.stepped('none');
    await former?.disconnect();
    const [{ Session }, ticket] = await Promise.all([
      import('./session.ts'),
      this.#options.getTicket(this.#wish(false))
    ]);
    signal.throwIfAborted();
    const session = this.#newSession(Session, ticket);
    signal.addEventListener('abort', () => void session.disconnect());
    await session.connect(ticket);
    signal.throwIfAborted();
    // [CALL-76] Lost while it was being built: not the room it was to be.
    if (session.isCipherLost) throw new Error('nothing encrypts');
    this.#session = session;
    this.encryption.take(ticket.encryption);
    this.#record?.rebuilt();
    this.#settle(stay, session);
    this.sending.resume(session);
    this.intraoral.resume();
    if (self) this.onRebuilt?.(self);
  }

  #drawSoon(session: () => Session): void {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      this.#draw(session());
    });
  }

  #draw(session: Session): void {
    const isWarm = this.#warm?.session === session && this.phase.kind === 'lobby';
    if (session !== this.#session && !isWarm) return;
    // While the line is down the media client forgets everyone; the last picture of the room stays.
    if (this.phase.kind === 'reconnecting') return;
    const people = session.views();
    this.lastSpeaker = nextSpeaker(people, this.lastSpeaker);
    this.participants = orderTiles(people, this.lastSpeaker);
    this.sharing = session.isSharing;
    this.sending.givenBack.look();
    for (const one of [this.lowData, this.weak]) one.look(this.self?.quality ?? 'unknown');
  }
}
