import { Track, type LocalTrackPublication } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { Sent } from './sent.ts';

interface Told {
  packets: number;
  answers: number;
  reportedAt: number | null;
}

function publication(trackSid: string, told: Told, isMuted = false): LocalTrackPublication {
  const report = new Map<string, object>([
    ['out', { type: 'outbound-rtp', packetsSent: told.packets }],
    ['line', { type: 'candidate-pair', responsesReceived: told.answers }]
  ]);
  if (told.reportedAt !== null) report.set('in', { type: 'remote-inbound-rtp', timestamp: told.reportedAt });
  const track = { getRTCStatsReport: () => Promise.resolve(report) };
  return { trackSid, track, isMuted, source: Track.Source.Camera } as unknown as LocalTrackPublication;
}

/** Camera and microphone, looked at every three seconds. @returns what had no place, look by look */
async function looks(
  count: number,
  camera: (n: number) => Told,
  micReportedAt = (n: number): number | null => n
) {
  const sent = new Sent();
  const found: string[][] = [];
  for (let n = 1; n <= count; n++) {
    const sound = { packets: n * 50, answers: n, reportedAt: micReportedAt(n) };
    const untaken = await sent.untaken([publication('camera', camera(n)), publication('sound', sound)]);
    found.push(untaken.map(({ id }) => id));
  }
  return found;
}

describe('[CALL-74] what is sent and has no place at the media server', () => {
  it('is nothing while reports come, of whatever is sent', async () => {
    expect(await looks(3, (n) => ({ packets: n * 90, answers: n, reportedAt: n }))).toEqual([[], [], []]);
  });

  it('is what no report comes of, or none any more', async () => {
    const never = await looks(3, (n) => ({ packets: n * 90, answers: n, reportedAt: null }));
    expect(never).toEqual([[], ['own camera'], ['own camera']]);
    const noMore = await looks(4, (n) => ({ packets: n * 90, answers: n, reportedAt: Math.min(n, 2) }));
    expect(noMore).toEqual([[], [], ['own camera'], ['own camera']]);
  });

  it('is not what nobody looks at, nor anything on a line that does not answer', async () => {
    expect(await looks(2, (n) => ({ packets: 90, answers: n, reportedAt: null }))).toEqual([[], []]);
    expect(await looks(2, (n) => ({ packets: n * 90, answers: 1, reportedAt: null }))).toEqual([[], []]);
  });

  it('is not said in a browser that tells of no reports at all', async () => {
    const found = await looks(
      3,
      (n) => ({ packets: n * 90, answers: n, reportedAt: null }),
      () => null
    );
    expect(found).toEqual([[], [], []]);
  });

  it('is not what is muted', async () => {
    const sent = new Sent();
    for (let n = 1; n <= 3; n++) {
      const muted = publication('camera', { packets: n, answers: n, reportedAt: n === 1 ? 1 : null }, true);
      expect(await sent.untaken([muted])).toEqual([]);
    }
  });
});
