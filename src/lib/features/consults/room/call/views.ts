import { RemoteTrack, Track, type Participant, type TrackPublication } from 'livekit-client';
import {
  handFrom,
  organisationFrom,
  qualityFrom,
  relationFrom,
  roleFrom,
  type ParticipantView,
  type VideoSource
} from './call.ts';
import { intraoralName } from './intraoral/send.ts';
import { lowDataName } from './room-options.ts';

/** Some frames, and the agreement about what we send, go before whatever waits for the picture. */
const afterFirstFrameMs = 150;

/** People of a LiveKit room as they are drawn. */
export class Views {
  readonly #sources = new WeakMap<Track, VideoSource>();
  readonly #pictured: (at: number) => void;

  /** @param pictured a picture of someone else is on the screen, since `at` (`performance.now()`) */
  constructor(pictured: (at: number) => void) {
    this.#pictured = pictured;
  }

  /** @param own one's own camera before it is sent; `encrypts`: the call is encrypted */
  of(
    participant: Participant,
    { own, encrypts }: { own: VideoSource | null; encrypts: boolean }
  ): ParticipantView {
    const publications = [...participant.trackPublications.values()];
    const camera = participant.getTrackPublication(Track.Source.Camera);
    return {
      identity: participant.identity,
      name: participant.name || participant.identity,
      role: roleFrom(participant.metadata),
      relation: relationFrom(participant.metadata),
      organisation: organisationFrom(participant.metadata),
      isSelf: participant.isLocal,
      micOn: participant.isMicrophoneEnabled,
      cameraOn: participant.isCameraEnabled,
      speaking: participant.isSpeaking && participant.isMicrophoneEnabled,
      quality: qualityFrom(participant.connectionQuality),
      joinedAt: participant.joinedAt?.getTime() ?? 0,
      handAt: handFrom(participant.attributes),
      away: Boolean(participant.attributes['away']),
      lowData: camera?.trackName === lowDataName,
      camera: this.#source(camera) ?? (participant.isLocal ? own : null),
      screen: this.#source(participant.getTrackPublication(Track.Source.ScreenShare)),
      intraoral: this.#source(participant.getTrackPublicationByName(intraoralName)),
      plain: encrypts && publications.some(({ isEncrypted }) => !isEncrypted)
    };
  }

  #source(publication: TrackPublication | undefined): VideoSource | null {
    const track = publication?.track;
    if (!track || publication.isMuted) return null;
    let found = this.#sources.get(track);
    if (!found) {
      found = {
        id: publication.trackSid,
        attach: (element) => {
          track.attach(element);
          if (track instanceof RemoteTrack) this.#tellFirstFrame(element);
          return () => void track.detach(element);
        }
      };
      this.#sources.set(track, found);
    }
    return found;
  }

  #tellFirstFrame(element: HTMLVideoElement): void {
    // Not within the frame's own callback: what is begun then would hold that very frame back.
    const tell = () => {
      const at = performance.now();
      setTimeout(() => this.#pictured(at), afterFirstFrameMs);
    };
    if ('requestVideoFrameCallback' in element) element.requestVideoFrameCallback(tell);
    else (element as HTMLVideoElement).addEventListener('playing', tell, { once: true });
  }
}
