import { describe, expect, test } from 'vitest';
import { askingForLostSound } from './lost-sound.ts';
import { Patience, type Measures } from './patience.ts';
import { Stuck } from './stuck.ts';
import { Weak } from './weak.svelte.ts';

describe('[CALL-66] lost sound', () => {
  const offer = [
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=rtpmap:63 red/48000/2',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=rtpmap:96 VP8/90000',
    'm=audio 9 UDP/TLS/RTP/SAVPF 109',
    'a=rtpmap:109 OPUS/48000/2',
    ''
  ].join('\r\n');

  test('[CALL-66] is asked for at each Opus of an offer, and at nothing else', () => {
    const added = askingForLostSound(offer)
      .split('\r\n')
      .filter((line) => !offer.split('\r\n').includes(line));
    expect(added).toEqual(['a=rtcp-fb:111 nack', 'a=rtcp-fb:109 nack']);
  });

  test('[CALL-66] asked for already, an offer stays as it is', () => {
    const asking = askingForLostSound(offer);
    expect(askingForLostSound(asking)).toBe(asking);
    expect(askingForLostSound('v=0\r\n')).toBe('v=0\r\n');
  });
});

/** Readings once a second, a hundred packets each, of which so many were asked for again. */
function read(patience: Patience, shares: readonly number[], roundTripMs = 40): Measures[] {
  let askedAgain = 0;
  return shares.map((share, i) => {
    askedAgain += share * 100;
    return patience.read({ atMs: i * 1_000, packets: (i + 1) * 100, askedAgain, roundTripMs });
  });
}

const rest = { waitMs: 0, step: 'none' };

describe('[CALL-67] patience', () => {
  test('[CALL-67] a good line waits for nothing and takes all', () => {
    expect(read(new Patience(), Array<number>(30).fill(0.01))).toEqual(Array(30).fill(rest));
  });

  test('[CALL-67] a weak line waits four round trips a way and what jitter adds, at most 0.8 s', () => {
    expect(read(new Patience(), [0, 0.3, 0.3]).at(-1)).toEqual({ waitMs: 640, step: 'less' });
    expect(read(new Patience(), [0, 0.3, 0.3], 250).at(-1)).toEqual({ waitMs: 800, step: 'less' });
  });

  test('[CALL-67] one that loses a little waits half as long, and pictures stay as large as they are', () => {
    expect(read(new Patience(), [0, 0.1, 0.1]).at(-1)).toEqual({ waitMs: 320, step: 'none' });
  });

  test('[CALL-67] of a very weak one the smallest pictures are taken', () => {
    expect(read(new Patience(), [0, 0.8, 0.8]).at(-1)).toEqual({ waitMs: 640, step: 'least' });
  });

  test('[CALL-67] it is calm again only after twenty seconds without', () => {
    const all = read(new Patience(), [0, 0.8, 0.8, ...Array<number>(25).fill(0)]);
    expect(all.slice(2, 20).map(({ step }) => step)).toEqual(Array(18).fill('least'));
    expect(all.at(-1)).toEqual(rest);
  });

  test('[CALL-67] a round trip that wavers changes nothing', () => {
    const patience = new Patience();
    expect(read(patience, [0, 0.4, 0.4]).at(-1)?.waitMs).toBe(640);
    const later = { packets: 400, askedAgain: 120 };
    expect(patience.read({ ...later, atMs: 3_000, roundTripMs: 50 }).waitMs).toBe(640);
    expect(patience.read({ ...later, atMs: 3_250, roundTripMs: 55 }).waitMs).toBe(760);
  });

  test('[CALL-67] somebody who leaves, and a few packets, say nothing of a line', () => {
    const patience = new Patience();
    patience.read({ atMs: 0, packets: 1_000, askedAgain: 0, roundTripMs: 40 });
    expect(patience.read({ atMs: 1_000, packets: 10, askedAgain: 5, roundTripMs: 40 })).toEqual(rest);
    expect(patience.read({ atMs: 2_000, packets: 20, askedAgain: 9, roundTripMs: 40 })).toEqual(rest);
  });
});

describe('[CALL-67] who is told', () => {
  test('[CALL-67] whose line it is; not who takes less because of somebody else’s', () => {
    const [own, other] = [new Weak(), new Weak()];
    // In whichever order it becomes known.
    own.look('poor');
    for (const one of [own, other]) one.stepped('least');
    other.look('good');
    other.look('unknown');
    expect([own.told, other.told]).toEqual([true, false]);
    // It wavers: what has been said stays until all is taken again.
    own.look('good');
    own.stepped('less');
    expect(own.told).toBe(true);
    own.stepped('none');
    expect(own.told).toBe(false);
    own.stepped('less');
    expect(own.told).toBe(false);
    own.stepped('none');
    // Bad without anything being lost is not what this notice is about.
    own.look('poor');
    expect(own.told).toBe(false);
  });

  test('[CALL-67] once a stay', () => {
    const weak = new Weak();
    const worse = () => {
      weak.stepped('less');
      weak.look('fair');
    };
    worse();
    weak.dismiss();
    weak.stepped('none');
    worse();
    expect(weak.told).toBe(false);
    weak.end();
    worse();
    expect(weak.told).toBe(true);
  });
});

describe('[CALL-68] a picture that stands', () => {
  test('[CALL-68] moves, slowly too', () => {
    const stuck = new Stuck();
    for (let i = 0; i < 20; i++)
      expect(stuck.read({ atMs: i * 250, frames: Math.floor(i / 2), packets: i * 5 })).toBe(false);
  });

  test('[CALL-68] stuck 0.4 s it is said, and again only after a while', () => {
    const stuck = new Stuck();
    const said = [0, 200, 400, 600, 800, 1_000].map((atMs) =>
      stuck.read({ atMs, frames: 7, packets: 100 + atMs })
    );
    expect(said).toEqual([false, false, true, false, false, true]);
  });

  test('[CALL-68] of which nothing arrives is not stuck: it is muted, hidden or cut off', () => {
    const stuck = new Stuck();
    for (const atMs of [0, 500, 1_000, 2_000])
      expect(stuck.read({ atMs, frames: 7, packets: 100 })).toBe(false);
  });
});
