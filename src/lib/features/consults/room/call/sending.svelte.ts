import { troubleFrom, type DeviceTrouble } from './check.ts';
import type { Devices } from './devices.svelte.ts';
import { GivenBack, type Source } from './given-back.svelte.ts';
import type { LocalTracks, Session } from './session.ts';

export interface SendingOptions {
  devices: Devices;
  /** The room that is open now. */
  session(): Session | null;
  /** The call is up: what is wanted and not sent is missing. */
  isLive(): boolean;
  /** Something of what is sent has changed. */
  changed(session: Session): void;
}

const pictureWithinMs = 300;

/** What a person sends of themselves, and what they want to: kept through lost lines, new rooms and taken devices. */
export class Sending {
  micOn = $state(true);
  cameraOn = $state(true);
  /** Somebody else turned the microphone off; told until it is on again. */
  silenced = $state(false);
  /** A device failed while in the call; told until dismissed. */
  trouble = $state.raw<{ source: Source | 'screen'; trouble: DeviceTrouble } | null>(null);
  /** What another program or a phone call has taken, and gives back. */
  readonly givenBack = new GivenBack({
    wants: (source) => this.#options.isLive() && this.wants(source),
    sends: (source) => this.#switches > 0 || this.#options.session()?.sends(source) === true,
    open: (source) => this.#send(source)
  });

  readonly #options: SendingOptions;
  #beginning: Promise<void> | null = null;
  /** Devices being switched by us: until that is done, nothing of them is missing. */
  #switches = 0;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** As it is sent now; null: none is. */
  get microphone(): MediaStreamTrack | null {
    return this.#options.session()?.microphone ?? null;
  }

  wants(source: Source): boolean {
    return source === 'camera' ? this.cameraOn : this.micOn;
  }

  /** The lobby's tracks, in a room that has just been entered. */
  begin(session: Session, tracks: LocalTracks | Promise<LocalTracks>): void {
    if (!(tracks instanceof Promise)) session.showOwn(tracks.camera);
    this.#beginning = this.#switching(this.#publish(session, tracks));
  }

  /**
   * In a new room, only what was on before: who was muted stays so because nothing is opened at all. What cannot be
   * had now is looked after as any device that was taken away.
   */
  resume(session: Session): void {
    const open = (['microphone', 'camera'] as const).filter((source) => this.wants(source));
    const sending = Promise.allSettled(open.map((source) => this.#send(source)));
    this.#beginning = this.#switching(sending.then(() => this.#options.changed(session)));
  }

  async toggle(source: Source): Promise<void> {
    this.#want(source, !this.wants(source));
    // The lobby's tracks first: else a quick double press would send a second microphone.
    await this.#beginning;
    const session = this.#options.session();
    if (!session) return;
    if (!(await this.guard(source, this.#switching(this.#send(source))))) this.#want(source, false);
    this.#options.changed(session);
  }

  /** Sends the camera in another way; while that is done it is not missing. */
  async renew(work: () => Promise<void>): Promise<void> {
    await this.#beginning;
    const session = this.#options.session();
    await this.guard('camera', this.#switching(work()));
    if (session) this.#options.changed(session);
  }

  /**
   * [CALL-32] `refused`: this browser does not take it. `failed`: the microphone could not be opened anew; it and the
   * choice are as they were.
   */
  async setQuietens(on: boolean): Promise<'done' | 'refused' | 'failed'> {
    const { devices } = this.#options;
    devices.setQuietens(on);
    await this.#beginning;
    const session = this.#options.session();
    if (!session) return 'done';
    let taken = true;
    try {
      await this.#switching(session.setNoiseSuppression(on).then((did) => void (taken = did)));
    } catch {
      devices.setQuietens(!on);
      return 'failed';
    }
    return taken ? 'done' : 'refused';
  }

  /** A host turned our microphone off: it stays off until the person wants it again. */
  silence(): void {
    this.micOn = false;
    this.silenced = true;
  }

  /** True where it worked; else the trouble is kept to be told. */
  async guard(source: Source | 'screen', act: Promise<unknown>): Promise<boolean> {
    try {
      await act;
      return true;
    } catch (error) {
      // Closing the browser's own dialogue for a screen is a choice, not a trouble.
      if (source !== 'screen')
        this.trouble = { source, trouble: troubleFrom(error, globalThis.isSecureContext) };
      return false;
    }
  }

  #want(source: Source, on: boolean): void {
    if (source === 'camera') this.cameraOn = on;
    else {
      this.micOn = on;
      this.silenced = false;
    }
  }

  async #publish(session: Session, given: LocalTracks | Promise<LocalTracks>): Promise<void> {
    const tracks = await given;
    if (session !== this.#options.session()) return;
    if (given instanceof Promise) {
      // What could not be opened, the buttons say.
      this.cameraOn &&= tracks.camera !== null;
      this.micOn &&= tracks.microphone !== null;
      session.showOwn(tracks.camera);
      this.#options.changed(session);
    }
    await session.picture(pictureWithinMs);
    if (session !== this.#options.session()) return;
    // Switched off in the meantime: what was wanted last counts.
    const wanted = {
      camera: this.cameraOn ? tracks.camera : null,
      microphone: this.micOn ? tracks.microphone : null
    };
    if (!wanted.camera) tracks.camera?.stop();
    if (!wanted.microphone) tracks.microphone?.stop();
    await this.guard('camera', session.publish(wanted));
    this.#options.changed(session);
  }

  /** As it is wanted now. @throws where the device cannot be had */
  async #send(source: Source): Promise<void> {
    const { devices } = this.#options;
    const session = this.#options.session();
    if (source === 'camera') await session?.setCamera(this.cameraOn, devices.chosen('videoinput'));
    else await session?.setMicrophone(this.micOn, devices.chosen('audioinput'), devices.quietens);
  }

  async #switching(work: Promise<void>): Promise<void> {
    this.#switches++;
    try {
      await work;
    } finally {
      this.#switches--;
      this.givenBack.look();
    }
  }
}
