import { Track, type LocalTrackPublication } from 'livekit-client';
import type { Owed } from './arrival.ts';

/** What was seen of something sent, all counted from its beginning. */
interface Sight {
  packets: number;
  /** Answers of the other side of the line to "are you there". */
  answers: number;
  /** When the media server last reported what it took in of it, ms; 0: never. */
  reportedAt: number;
}

/**
 * [CALL-74] Finds what goes out and has no place at the media server, which reports each second on all that it takes
 * in. Only while the line itself answers, and in a browser that has told of such a report before.
 */
export class Sent {
  #former = new Map<string, Sight>();
  #tells = false;

  /** Call every few seconds. @returns what nobody has taken in since the last call, without a place */
  async untaken(publications: Iterable<LocalTrackPublication>): Promise<Owed[]> {
    const sights = new Map<string, Sight>();
    for (const { track, trackSid, isMuted, source } of publications)
      if (track && !isMuted && (source === Track.Source.Camera || source === Track.Source.Microphone)) {
        // Of a track that ends meanwhile there is nothing to tell.
        const report = await track.getRTCStatsReport().catch(() => undefined);
        if (report) sights.set(trackSid, sightOf(report));
      }
    const former = this.#former;
    this.#former = sights;
    this.#tells ||= [...sights.values()].some(({ reportedAt }) => reportedAt > 0);
    return [...sights].flatMap(([id, sight]) => {
      const before = former.get(id);
      const isLost =
        this.#tells &&
        before !== undefined &&
        sight.packets > before.packets &&
        sight.answers > before.answers &&
        sight.reportedAt <= before.reportedAt;
      return isLost ? { id: `own ${id}`, bytes: null } : [];
    });
  }
}

function sightOf(report: RTCStatsReport): Sight {
  const sight: Sight = { packets: 0, answers: 0, reportedAt: 0 };
  report.forEach((stat: Readonly<Record<string, unknown>>) => {
    if (stat['type'] === 'outbound-rtp') sight.packets += Number(stat['packetsSent'] ?? 0);
    if (stat['type'] === 'candidate-pair') sight.answers += Number(stat['responsesReceived'] ?? 0);
    if (stat['type'] === 'remote-inbound-rtp')
      sight.reportedAt = Math.max(sight.reportedAt, Number(stat['timestamp'] ?? 0));
  });
  return sight;
}
