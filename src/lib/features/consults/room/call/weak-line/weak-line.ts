import { RemoteTrack, Track, type RemoteTrackPublication, type Room } from 'livekit-client';
import { Anew } from './anew.ts';
import { Patience, type Step } from './patience.ts';
import { Stuck } from './stuck.ts';

/** Statistics cost: often only where the line is weak. */
const calmEveryMs = 1_000;
const weakEveryMs = 250;

interface Counted {
  packets: number;
  askedAgain: number;
  frames: number;
  roundTripMs: number;
}

export interface WeakLineOptions {
  /** Pictures are to be taken larger or smaller from now on. */
  stepped(step: Step): void;
  /** Asks who sends a picture for a key frame. */
  ask(identity: string): Promise<void>;
}

/** [CALL-67] [CALL-68] What a call does on a weak line, from when it is connected until it ends. */
export class WeakLine {
  readonly #room: Room;
  readonly #options: WeakLineOptions;
  readonly #patience = new Patience();
  readonly #stuck = new WeakMap<RemoteTrack, Stuck>();
  readonly #anew = new Anew();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #step: Step = 'none';

  constructor(room: Room, options: WeakLineOptions) {
    this.#room = room;
    this.#options = options;
  }

  begin(): void {
    this.#timer ??= setTimeout(this.#look, calmEveryMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = async (): Promise<void> => {
    const all = [...this.#room.remoteParticipants.values()].flatMap((person) =>
      [...person.trackPublications.values()].flatMap((publication) => {
        const { track, isMuted } = publication;
        return track instanceof RemoteTrack && track.receiver
          ? { identity: person.identity, publication, track, receiver: track.receiver, isMuted }
          : [];
      })
    );
    const atMs = performance.now();
    const sum = { atMs, packets: 0, askedAgain: 0, roundTripMs: 0 };
    for (const { identity, publication, track, receiver, isMuted } of all) {
      const counted = await count(receiver);
      sum.packets += counted.packets;
      sum.askedAgain += counted.askedAgain;
      sum.roundTripMs = Math.max(sum.roundTripMs, counted.roundTripMs);
      if (track.source !== Track.Source.Camera || isMuted) continue;
      if (this.#stuckOf(track).read({ ...counted, atMs })) await this.#askForKeyFrame(identity, publication);
    }
    if (this.#timer === undefined) return;
    const { waitMs, step } = this.#patience.read(sum);
    // All alike: lips and voice stay together.
    for (const { receiver } of all) waitFor(receiver, waitMs);
    if (step !== this.#step) this.#options.stepped((this.#step = step));
    this.#timer = setTimeout(this.#look, waitMs === 0 ? calmEveryMs : weakEveryMs);
  };

  #stuckOf(track: RemoteTrack): Stuck {
    let stuck = this.#stuck.get(track);
    if (!stuck) this.#stuck.set(track, (stuck = new Stuck()));
    return stuck;
  }

  async #askForKeyFrame(identity: string, publication: RemoteTrackPublication): Promise<void> {
    // A patient's page may send no messages.
    if (!this.#room.localParticipant.permissions?.canPublishData)
      return this.#anew.begin(publication, performance.now());
    // Between two connections nobody is asked; the next picture begins with one.
    await this.#options.ask(identity).catch(() => undefined);
  }
}

async function count(receiver: RTCRtpReceiver): Promise<Counted> {
  const counted: Counted = { packets: 0, askedAgain: 0, frames: 0, roundTripMs: 0 };
  // Of one that ends meanwhile there is nothing to tell.
  const report = await receiver.getStats().catch(() => null);
  report?.forEach((stat: Record<string, unknown>) => {
    if (stat['type'] === 'inbound-rtp') {
      counted.packets += Number(stat['packetsReceived'] ?? 0);
      counted.askedAgain += Number(stat['nackCount'] ?? 0);
      counted.frames += Number(stat['framesDecoded'] ?? 0);
    }
    if (stat['type'] === 'candidate-pair' && stat['nominated'])
      counted.roundTripMs = Number(stat['currentRoundTripTime'] ?? 0) * 1_000;
  });
  return counted;
}

function waitFor(receiver: RTCRtpReceiver, ms: number): void {
  // Null: as long as the browser likes.
  const target = ms === 0 ? null : ms;
  if ('jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== target)
    receiver.jitterBufferTarget = target;
}
