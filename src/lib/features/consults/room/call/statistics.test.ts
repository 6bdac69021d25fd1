import { describe, expect, test } from 'vitest';
import type { CallNumbers } from '../../call-statistic.ts';
import { joinParts, machineOf, StaySums, type JoinMarks } from './statistics.ts';

const marks: JoinMarks = { clickedAt: 100, seatAt: 190.4, lineAt: 200, awaited: true, pictureAt: 420 };
const stats = (...list: Record<string, unknown>[]) =>
  new Map(list.map((stat, i) => [String(stat['id'] ?? i), stat]));
/** What one has of a picture and a voice of somebody else, after so many seconds. */
const received = (seconds: number, more: Record<string, unknown> = {}) =>
  stats(
    {
      ...{
        id: 'v',
        type: 'inbound-rtp',
        kind: 'video',
        bytesReceived: 50_000 * seconds,
        packetsReceived: 90
      },
      ...{ framesDecoded: 20 * seconds, frameHeight: 360, framesPerSecond: 20, packetsLost: 10, ...more }
    },
    {
      ...{ id: 'a', type: 'inbound-rtp', kind: 'audio', totalSamplesReceived: 48_000 * seconds },
      ...{ concealedSamples: 4_800 * seconds, silentConcealedSamples: 2_400 * seconds }
    },
    { id: 'p', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.05 },
    { id: 'o', type: 'outbound-rtp', kind: 'video', bytesSent: 25_000 * seconds, packetsSent: 200 },
    { id: 'r', type: 'remote-inbound-rtp', kind: 'video', packetsLost: 4 }
  );

describe('[CALL-60] the figures of a stay', () => {
  test('are sums of what the browser counted', () => {
    const sums = new StaySums(0);
    sums.add(10_000, received(10, { freezeCount: 1, totalFreezesDuration: 1 }));
    sums.add(20_000, received(20, { freezeCount: 2, totalFreezesDuration: 3 }));
    expect(sums.numbers(21_000, marks)).toEqual({
      ...{ seconds: 21, seatMs: 90, lineMs: 10, pictureMs: 220, way: null },
      ...{ roundTripMs: 50, roundTripP95Ms: 50, lossIn: 0.1, lossOut: 0.02, kbpsIn: 400, kbpsOut: 200 },
      ...{ freezes: 2, frozen: 0.15, concealed: 0.05, fps: 20, height: 360, rebuilds: 0 }
    } satisfies CallNumbers);
  });

  test('go on where a new room begins to count anew', () => {
    const sums = new StaySums(0);
    sums.add(10_000, received(10));
    sums.rebuilds++;
    sums.add(20_000, received(10));
    expect(sums.numbers(20_000, marks)).toMatchObject({ kbpsIn: 400, lossIn: 0.1, rebuilds: 1 });
  });

  test('a freeze longer than the time between two readings is not more than all of the time', () => {
    const sums = new StaySums(0);
    sums.add(10_000, received(10));
    sums.add(20_000, received(10));
    sums.add(30_000, received(11, { freezeCount: 1, totalFreezesDuration: 19 }));
    expect(sums.numbers(30_000, marks).frozen).toBeCloseTo(19 / 29, 3);
  });

  test('a picture nobody looks at does not stand still, and of nothing there is no share', () => {
    const sums = new StaySums(0);
    sums.add(10_000, received(10));
    sums.add(60_000, received(10));
    expect(sums.numbers(60_000, marks).frozen).toBe(0);
    expect(new StaySums(0).numbers(3_000, marks)).toMatchObject({
      ...{ seconds: 3, way: null, roundTripMs: null, lossIn: null, frozen: null, concealed: null, fps: null }
    });
  });

  test('round trips as median and 95th percentile; how media goes, by its latest pair', () => {
    const sums = new StaySums(0);
    for (let i = 1; i <= 20; i++)
      sums.add(
        i * 10_000,
        stats(
          {
            ...{
              id: 'p',
              type: 'candidate-pair',
              nominated: true,
              state: 'succeeded',
              localCandidateId: 'l'
            },
            currentRoundTripTime: i / 100
          },
          { id: 'l', type: 'local-candidate', candidateType: 'host', protocol: i < 20 ? 'udp' : 'tcp' }
        )
      );
    expect(sums.numbers(200_000, marks)).toMatchObject({ roundTripMs: 100, roundTripP95Ms: 190, way: 'tcp' });
  });

  test('the way in has a last part only where a picture was there to wait for', () => {
    expect(joinParts({ ...marks, awaited: false })).toEqual({ seatMs: 90, lineMs: 10, pictureMs: null });
    expect(joinParts({ ...marks, seatAt: null, lineAt: null })).toEqual({
      ...{ seatMs: null, lineMs: null, pictureMs: null }
    });
  });
});

describe('[CALL-60] the machine', () => {
  const here = { touchPoints: 0, coarse: false, shortSide: 1_080 };
  test.each([
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.1',
      'Edge',
      156
    ],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/156.0 Safari/537.36', 'Chrome', 156],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/26.1 Safari/605.1.15', 'Safari', 26],
    ['Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 140],
    ['SomethingElse/1.0', 'other', null]
  ])('%s', (userAgent, browser, browserVersion) => {
    expect(machineOf({ ...here, userAgent })).toMatchObject({ device: 'computer', browser, browserVersion });
  });

  test('a phone, a tablet, and a tablet that says it is a Mac', () => {
    const touch = { touchPoints: 5, coarse: true };
    const phone = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/156.0 Mobile Safari/537.36';
    const pad = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26.0 Safari/605.1.15';
    expect(machineOf({ ...touch, shortSide: 412, userAgent: phone })).toMatchObject({
      ...{ device: 'phone', system: 'Android' }
    });
    expect(machineOf({ ...touch, shortSide: 820, userAgent: pad })).toMatchObject({
      ...{ device: 'tablet', system: 'iOS' }
    });
  });
});
