/** How good a line is, from what a check measured. Pure. */

/** Where to check, and with which two tokens. */
export interface LineTicket {
  url: string;
  send: string;
  receive: string;
  /** As in `Ticket`. */
  iceServers: readonly { urls: string; username?: string; credential?: string }[] | null;
}

/** How media gets through: directly, over TCP where UDP is blocked, or by way of a TURN server. */
export type LineWay = 'udp' | 'tcp' | 'relay';

export interface LineMeasure {
  way: LineWay;
  /** Of each way, whether it was tried and worked; null: not tried, or none is configured. */
  ways: Record<LineWay, boolean | null>;
  /** Bits a second of a made-up picture that arrived, in thousands. */
  upKbps: number;
  downKbps: number;
  /** Parts of the packets lost, 0…1. */
  upLoss: number;
  downLoss: number;
  jitterMs: number;
  /** To the media server and back; null: not told by the browser. */
  roundTripMs: number | null;
}

/** Why nothing goes. `server`: the site has no media server now. `signal`: it is not reached. `media`: blocked on the way. */
export type LineFault = 'offline' | 'webrtc' | 'server' | 'signal' | 'media' | 'too-often';

/** What makes a line worse than good. */
export type LineReason = 'up' | 'down' | 'loss' | 'delay' | 'jitter' | 'tcp';

export type LineVerdict =
  | { kind: 'good' }
  /** Video works, smaller or with stops. */
  | { kind: 'fair'; reasons: LineReason[] }
  | { kind: 'voice'; reasons: LineReason[] }
  | { kind: 'none'; reasons: LineReason[] };

/**
 * [CALL-11] Least and most for each verdict; Kbit/s, parts, ms. Good carries 360p both ways with room to spare (loss and
 * delay as Daily's pre-call test takes them), fair a small picture, voice Opus at 24 kbit/s with its repetition.
 */
const limits = {
  good: { kbps: 600, loss: 0.05, delayMs: 300, jitterMs: 50 },
  fair: { kbps: 200, loss: 0.12, delayMs: 600, jitterMs: 120 },
  voice: { kbps: 50, loss: 0.3, delayMs: 1_500, jitterMs: 400 }
} as const;

export function lineVerdict(measure: LineMeasure): LineVerdict {
  // What comes down went up before: it is the way down alone that is short only where it brings clearly less.
  const lostOnTheWayDown = measure.downKbps < measure.upKbps * 0.75;
  const short = (limit: (typeof limits)[keyof typeof limits]): LineReason[] => [
    ...(measure.upKbps < limit.kbps ? (['up'] as const) : []),
    ...(lostOnTheWayDown && measure.downKbps < limit.kbps ? (['down'] as const) : []),
    ...(Math.max(measure.upLoss, measure.downLoss) > limit.loss ? (['loss'] as const) : []),
    ...((measure.roundTripMs ?? 0) > limit.delayMs ? (['delay'] as const) : []),
    ...(measure.jitterMs > limit.jitterMs ? (['jitter'] as const) : [])
  ];
  const good = short(limits.good);
  // Over TCP a lost packet holds up all that follow: it works, and not as well.
  if (good.length === 0) return measure.way === 'tcp' ? { kind: 'fair', reasons: ['tcp'] } : { kind: 'good' };
  const fair = short(limits.fair);
  if (fair.length === 0) return { kind: 'fair', reasons: good };
  const voice = short(limits.voice);
  return voice.length === 0 ? { kind: 'voice', reasons: fair } : { kind: 'none', reasons: voice };
}

/** One reading of a browser's statistics: of what is sent or received, added up. */
export interface LineSample {
  atMs: number;
  bytes: number;
  packets: number;
  lost: number;
  jitterMs: number;
  roundTripMs: number | null;
}

/**
 * Rate, loss and jitter between readings. The first second does not count: an encoder begins small and finds out what
 * the line takes.
 */
export function lineRate(samples: readonly LineSample[], warmUpMs = 1_500) {
  const start = samples[0]?.atMs ?? 0;
  const late = samples.filter(({ atMs }) => atMs - start >= warmUpMs);
  const [first, last] = [late[0], late.at(-1)];
  const jitters = late.map(({ jitterMs }) => jitterMs).sort((a, b) => a - b);
  const trips = late.flatMap(({ roundTripMs }) => roundTripMs ?? []).sort((a, b) => a - b);
  const between = first && last ? last.atMs - first.atMs : 0;
  const packets = first && last ? last.packets - first.packets : 0;
  const lost = first && last ? Math.max(0, last.lost - first.lost) : 0;
  return {
    kbps: first && last && between > 0 ? Math.round(((last.bytes - first.bytes) * 8) / between) : 0,
    loss: packets + lost > 0 ? lost / (packets + lost) : 0,
    jitterMs: Math.round(jitters[Math.floor(jitters.length / 2)] ?? 0),
    roundTripMs: trips.length > 0 ? Math.round(trips[Math.floor(trips.length / 2)] ?? 0) : null
  };
}

/** A browser's statistics by their ids: what `RTCStatsReport` is, or several of them together. */
export type Stats = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** How media goes, from the pair of addresses in use; null: not told. */
export function wayOf(stats: Pick<Stats, 'forEach' | 'get'>): LineWay | null {
  let pair: Readonly<Record<string, unknown>> | undefined;
  stats.forEach((stat) => {
    if (stat['type'] === 'candidate-pair' && stat['nominated'] === true && stat['state'] === 'succeeded')
      pair = stat;
  });
  const local = pair && stats.get(String(pair['localCandidateId']));
  if (!local) return null;
  if (local['candidateType'] === 'relay') return 'relay';
  return local['protocol'] === 'tcp' ? 'tcp' : 'udp';
}
