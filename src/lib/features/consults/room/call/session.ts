/**
 * One LiveKit room from connecting to its end: the only module that imports the media client, and itself
 * imported only when a connection is wanted (150 kB gzip).
 */
import {
  ConnectionState,
  DisconnectReason,
  LocalAudioTrack,
  ParticipantEvent,
  RemoteAudioTrack,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  TrackEvent,
  VideoQuality,
  type AudioCaptureOptions,
  type LocalVideoTrack,
  type Participant,
  type RemoteTrack,
  type RemoteTrackPublication
} from 'livekit-client';
import type { Owed } from './arrival.ts';
import { roleFrom, socketUrl, type ParticipantView, type Ticket, type VideoSource } from './call.ts';
import type { CallEncryption } from '../../encryption.ts';
import { Cipher, type CallKey, type CipherListener } from './encryption/cipher.ts';
import type { HeardFrom } from './hearing.ts';
import { endIntraoral, sendIntraoral } from './intraoral/send.ts';
import type { Stats } from './line.ts';
import { owedIn } from './owed.ts';
import { microphoneAs, setNoise } from './microphone.ts';
import { Missed } from './missed.ts';
import { OwnCamera } from './own-camera.ts';
import { roomOptions } from './room-options.ts';
import { statsOf } from './room-stats.ts';
import { Sent } from './sent.ts';
import { Sounds } from './sounds.ts';
import { Stay, type StayOptions } from './stay.ts';
import { Views } from './views.ts';
import { askForLostSound } from './weak-line/lost-sound.ts';
import { giveKeyFrames, keyFrameTopic } from './weak-line/key-frames.ts';
import type { Step } from './weak-line/patience.ts';
import { WeakLine } from './weak-line/weak-line.ts';

export interface SessionListener {
  /** Something drawn has changed: people, tracks, speaking, quality. */
  changed(): void;
  /** The line went or came back, by the media client's own effort. */
  line(state: 'live' | 'reconnecting'): void;
  /** Over: by the server, or because the media client gave up. `reason` is LiveKit's disconnect reason. */
  ended(reason: number | undefined): void;
  /** The browser wants a touch before it plays sound. */
  audioBlocked(blocked: boolean): void;
  /** The first picture of someone else is on the screen, since `at` (`performance.now()`). */
  pictured(at: number): void;
  /** A message of another person's page, or of the server. */
  heard(topic: string, bytes: Uint8Array, from: HeardFrom): void;
  /** Somebody else turned our microphone off. */
  silenced(): void;
  /** [CALL-67] The line loses so much that less is taken, or no longer. */
  weak(step: Step): void;
  /** Something arrived that cannot be decrypted here. */
  unread(): void;
  /** [CALL-76] Told by what encrypts here. */
  cipher: CipherListener;
}

export interface LocalTracks {
  camera: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
}

/** The media client opens a microphone anew as it is asked to only where it is told which; else as it comes. */
function asOpened(microphone: MediaStreamTrack, noise: boolean | undefined): AudioCaptureOptions {
  return microphoneAs({ deviceId: microphone.getSettings().deviceId, noiseSuppression: noise });
}

/** [CALL-67] */
const largest: Record<Step, VideoQuality> = {
  none: VideoQuality.HIGH,
  less: VideoQuality.MEDIUM,
  least: VideoQuality.LOW
};

export class Session {
  readonly #room: Room;
  readonly #cipher: Cipher | null;
  readonly #key: CallKey | null;
  readonly #views: Views;
  readonly #sounds = new Sounds();
  readonly #sent = new Sent();
  readonly #takenAway = new WeakSet<Track>();
  readonly #taken = new WeakSet<Track>();
  readonly #missed: Missed;
  readonly #camera: OwnCamera;
  readonly #weakLine: WeakLine;
  #own: VideoSource | null = null;
  #low: boolean;
  #step: Step = 'none';
  #muting = 0; // above 0 while we ourselves turn the microphone on or off
  #over = false;

  /** @param encryption of its ticket; encrypted where that holds a key */
  constructor(
    listener: SessionListener,
    { encryption, lowData }: { encryption: CallEncryption | undefined; lowData: boolean }
  ) {
    setLogLevel('warn');
    this.#key = encryption?.key ? { key: encryption.key, epoch: encryption.epoch } : null;
    this.#cipher = this.#key && new Cipher(listener.cipher);
    this.#room = new Room({ ...roomOptions, ...this.#cipher?.options });
    this.#missed = new Missed(this.#room, (track) => this.#taken.has(track));
    this.#low = lowData;
    this.#camera = new OwnCamera(this.#room, lowData);
    giveKeyFrames(this.#room, () => this.camera);
    this.#weakLine = new WeakLine(this.#room, {
      stepped: (step) => {
        this.#step = step;
        this.#askForAll();
        listener.weak(step);
      },
      ask: (identity) => this.tell(keyFrameTopic, {}, identity)
    });
    window.addEventListener('pagehide', this.#hangUp);
    this.#views = new Views((at) => listener.pictured(at));
    const changed = () => listener.changed();
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.TrackSubscribed,
      RoomEvent.TrackUnsubscribed,
      RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted,
      RoomEvent.TrackPublished,
      RoomEvent.TrackUnpublished,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.ConnectionQualityChanged,
      RoomEvent.ParticipantNameChanged,
      RoomEvent.ParticipantMetadataChanged,
      RoomEvent.ParticipantAttributesChanged,
      RoomEvent.SignalConnected
    ] as const)
      this.#room.on(event, changed);
    this.#room
      .on(RoomEvent.TrackSubscribed, (track, publication) => this.#take(track, publication))
      .on(RoomEvent.TrackUnsubscribed, (track) => {
        track.detach();
        this.#sounds.stop(track);
      })
      .on(RoomEvent.LocalTrackPublished, ({ track }) => {
        // Only where the device is gone, not where we close it; the client mutes what it cannot open elsewhere.
        track
          ?.on(TrackEvent.Ended, () => this.#takenAway.add(track))
          .on(TrackEvent.Unmuted, () => this.#takenAway.delete(track));
      })
      .on(RoomEvent.DataReceived, (bytes, from, _, topic) => {
        if (!topic) return;
        const by = from && { identity: from.identity, name: from.name ?? '', role: roleFrom(from.metadata) };
        listener.heard(topic, bytes, by ?? null);
      })
      .on(RoomEvent.TrackMuted, ({ source, track }, { isLocal }) => {
        // Not where we did it, nor where the device is gone.
        if (!isLocal || source !== Track.Source.Microphone || this.#muting > 0) return;
        if (!track || !this.#takenAway.has(track)) listener.silenced();
      })
      .on(RoomEvent.EncryptionError, () => listener.unread())
      .on(RoomEvent.SignalReconnecting, () => listener.line('reconnecting'))
      .on(RoomEvent.Reconnecting, () => listener.line('reconnecting'))
      .on(RoomEvent.Reconnected, () => listener.line('live'))
      .on(RoomEvent.AudioPlaybackStatusChanged, () => listener.audioBlocked(!this.#room.canPlaybackAudio))
      .on(RoomEvent.Disconnected, (reason) => {
        if (this.#over) return;
        this.#end();
        // Not by us, who would be over: the client hangs up by itself when the browser freezes the page.
        listener.ended(reason === DisconnectReason.CLIENT_INITIATED ? undefined : reason);
      });
  }

  get isConnected(): boolean {
    return !this.#over && this.#room.state === ConnectionState.Connected;
  }

  /** Someone else shows a picture, whether it has arrived here or not. */
  get isAnyoneShown(): boolean {
    return [...this.#room.remoteParticipants.values()].some(
      (person) => person.videoTrackPublications.size > 0
    );
  }

  #take(track: RemoteTrack, publication: RemoteTrackPublication): void {
    if (this.#taken.has(track)) return;
    this.#taken.add(track);
    if (track instanceof RemoteAudioTrack) this.#sounds.play(track);
    else this.#askFor(publication);
  }

  /** [CALL-74] @returns whether something has changed since the last time */
  catchUp(): boolean {
    return this.#missed.tell();
  }

  /** [CALL-74] */
  owed(): Promise<Owed[]> {
    return owedIn(this.#room, this.#sent);
  }

  /** [CALL-70] What is sent here is encrypted end to end. */
  get encrypts(): boolean {
    return this.#cipher !== null;
  }

  /** [CALL-76] It encrypts, and what does so is gone. */
  get isCipherLost(): boolean {
    return this.#cipher?.isLost ?? false;
  }

  renewKey(key: CallKey): void {
    void this.#cipher?.renew(key);
  }

  get mayPublish(): boolean {
    return this.#room.localParticipant.permissions?.canPublish === true;
  }

  /** Opens name look-up, TCP and TLS to where `connect` will go, and finds out what the browser can. */
  async warm(ticket: Ticket): Promise<void> {
    await Promise.all([
      this.#room.prepareConnection(socketUrl(ticket.url, location.origin), ticket.token),
      askForLostSound()
    ]);
  }

  /** @throws whatever the media client throws; the session is then of no more use */
  async connect(ticket: Ticket): Promise<void> {
    try {
      await this.#connect(ticket);
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#weakLine.begin();
  }

  async #connect(ticket: Ticket): Promise<void> {
    // Before anything can be sent or arrive.
    if (this.#key) await this.#cipher?.begin(this.#room, this.#key);
    // One or the other: the media server asks for nothing where each packet carries the one before it.
    const { publishDefaults } = this.#room.options;
    if (publishDefaults && (await askForLostSound())) publishDefaults.red = false;
    await this.#room.connect(socketUrl(ticket.url, location.origin), ticket.token, {
      // Named even when none: left out, the client would ask public STUN servers.
      ...(ticket.iceServers
        ? { rtcConfig: { iceServers: ticket.iceServers.map((server) => ({ ...server })) } }
        : {})
    });
  }

  /** Resolves once a held seat has been taken and may send. */
  async seated(withinMs: number): Promise<void> {
    if (this.mayPublish) return;
    const local = this.#room.localParticipant;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => done(new Error('seat not given in time')), withinMs);
      const look = () => {
        if (this.mayPublish) done();
      };
      const done = (error?: Error) => {
        clearTimeout(timer);
        local.off(ParticipantEvent.ParticipantPermissionsChanged, look);
        if (error) reject(error);
        else resolve();
      };
      local.on(ParticipantEvent.ParticipantPermissionsChanged, look);
    });
  }

  /**
   * Resolves once the first picture of the others has its place, at once where nobody shows one, at the latest
   * after `withinMs`. One connection carries both ways and agrees on one change at a time: what we send, agreed
   * on first, would hold up what we see by more than it is delayed itself (docs/decisions/0004-fast-join.md).
   */
  async picture(withinMs: number): Promise<void> {
    if (!this.isAnyoneShown) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        const here = [...this.#room.remoteParticipants.values()].some((person) =>
          [...person.videoTrackPublications.values()].some((publication) => publication.track)
        );
        if (here) done();
      };
      const done = () => {
        clearTimeout(timer);
        this.#room.off(RoomEvent.TrackSubscribed, look);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#room.on(RoomEvent.TrackSubscribed, look);
      look();
    });
  }

  /** What oneself sees of oneself until the camera is sent. */
  showOwn(camera: MediaStreamTrack | null): void {
    this.#own = camera && {
      id: camera.id,
      attach: (element) => {
        element.srcObject = new MediaStream([camera]);
        return () => (element.srcObject = null);
      }
    };
  }

  /** Sends the lobby's tracks as they are. */
  async publish(tracks: LocalTracks): Promise<void> {
    const local = this.#room.localParticipant;
    const sending: Promise<unknown>[] = [];
    const { microphone } = tracks;
    if (microphone) {
      // Not "user provided": the client may stop and reopen them, so that muting turns the camera's light off.
      const track = new LocalAudioTrack(
        microphone,
        asOpened(microphone, microphone.getSettings().noiseSuppression),
        false
      );
      track.source = Track.Source.Microphone;
      sending.push(local.publishTrack(track));
    }
    if (tracks.camera) sending.push(this.#camera.publish(tracks.camera));
    try {
      await Promise.all(sending);
    } finally {
      this.#own = null;
    }
  }

  async setMicrophone(on: boolean, deviceId: string | null, noise: boolean): Promise<void> {
    this.#muting++;
    try {
      await this.#room.localParticipant.setMicrophoneEnabled(on, {
        ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
        noiseSuppression: noise
      });
    } finally {
      this.#muting--;
    }
  }

  /** [CALL-32] @returns false where the browser did not take it @throws where the microphone cannot be opened anew */
  async setNoiseSuppression(on: boolean): Promise<boolean> {
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone)?.audioTrack;
    if (!(track instanceof LocalAudioTrack)) return true;
    return setNoise(track, on, () => this.#takenAway.add(track));
  }

  async setCamera(on: boolean, deviceId: string | null): Promise<void> {
    await this.#camera.set(on, deviceId);
  }

  async setScreen(on: boolean): Promise<void> {
    await this.#room.localParticipant.setScreenShareEnabled(on, {
      audio: false,
      contentHint: 'detail',
      selfBrowserSurface: 'exclude',
      surfaceSwitching: 'include'
    });
  }

  async flipCamera(facing: 'user' | 'environment'): Promise<void> {
    await this.#camera.flip(facing);
  }

  /** One's own camera as it is sent. */
  get camera(): LocalVideoTrack | null {
    return this.#camera.track;
  }

  /** [CALL-52] */
  async sendIntraoral(camera: MediaStreamTrack): Promise<void> {
    await sendIntraoral(this.#room, camera);
  }

  async endIntraoral(): Promise<void> {
    await endIntraoral(this.#room);
  }

  /** [CALL-65] One small picture goes out, and of each camera the smallest comes in; sound and screens as ever. */
  async setLowData(on: boolean): Promise<void> {
    this.#low = on;
    this.#askForAll();
    await this.#camera.setLow(on);
  }

  #askForAll(): void {
    for (const person of this.#room.remoteParticipants.values())
      for (const publication of person.trackPublications.values())
        if (publication.track) this.#askFor(publication as RemoteTrackPublication);
  }

  #askFor(publication: RemoteTrackPublication): void {
    if (publication.kind !== Track.Kind.Video || publication.source === Track.Source.ScreenShare) return;
    const quality = this.#low ? VideoQuality.LOW : largest[this.#step];
    if (publication.videoQuality !== quality) publication.setVideoQuality(quality);
  }

  /** One's own as it is sent; null: none is. */
  get microphone(): MediaStreamTrack | null {
    const { localParticipant } = this.#room;
    return localParticipant.getTrackPublication(Track.Source.Microphone)?.track?.mediaStreamTrack ?? null;
  }

  /** Every microphone of the room, one's own included; of who is muted it is silent. */
  sounds(): MediaStreamTrack[] {
    const people: Participant[] = [this.#room.localParticipant, ...this.#room.remoteParticipants.values()];
    return people.flatMap(
      (person) => person.getTrackPublication(Track.Source.Microphone)?.track?.mediaStreamTrack ?? []
    );
  }

  /** To one person of the room. The media server passes it on for whoever was given the right to send, for nobody else. */
  async tell(topic: string, message: object, identity: string): Promise<void> {
    await this.#room.localParticipant.publishData(new TextEncoder().encode(JSON.stringify(message)), {
      ...{ reliable: true, topic, destinationIdentities: [identity] }
    });
  }

  async useDevice(kind: MediaDeviceKind, deviceId: string): Promise<void> {
    await this.#room.switchActiveDevice(kind, deviceId);
  }

  /** Within a touch or click, where the browser had held sound back. */
  async startAudio(): Promise<void> {
    await this.#room.startAudio();
  }

  /** False where nothing is sent of it because there is none, or its device was taken away; muted is not missing. */
  sends(source: 'camera' | 'microphone'): boolean {
    const publication = this.#room.localParticipant.getTrackPublication(
      source === 'camera' ? Track.Source.Camera : Track.Source.Microphone
    );
    if (!publication?.track) return false;
    return !(publication.isMuted && this.#takenAway.has(publication.track));
  }

  get isSharing(): boolean {
    return this.#room.localParticipant.isScreenShareEnabled;
  }

  /** Everybody as drawn; a held seat does not see itself as being here. */
  views(): ParticipantView[] {
    const local = this.#room.localParticipant;
    const all: Participant[] = [...this.#room.remoteParticipants.values()];
    if (local.identity && this.mayPublish) all.push(local);
    const { encrypts } = this;
    return all.map((participant) => this.#views.of(participant, { own: this.#own, encrypts }));
  }

  /** [CALL-60] Somebody's stay begins with this session. Made here, so that a lobby need not load it. */
  stay(options: StayOptions): Stay {
    return new Stay(options, this.isAnyoneShown);
  }

  stats(): Promise<Stats> {
    return statsOf(this.#room);
  }

  async disconnect(): Promise<void> {
    this.#end();
    await this.#room.disconnect();
  }

  readonly #hangUp = (): void => void this.disconnect();

  #end(): void {
    this.#over = true;
    window.removeEventListener('pagehide', this.#hangUp);
    this.#weakLine.end();
    this.#sounds.silence();
    this.#cipher?.end();
  }

  /** For tests of bad lines. */
  async simulate(...fault: Parameters<Room['simulateScenario']>): Promise<void> {
    await this.#room.simulateScenario(...fault);
  }
}
