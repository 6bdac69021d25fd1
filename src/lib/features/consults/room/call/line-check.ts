/**
 * A check of the line over real connections to the media server: a made-up picture goes up and comes down in a room of
 * one's own. Neither camera nor microphone is touched. Imported only when somebody asks for a check.
 */
import {
  CheckStatus,
  ConnectionCheck,
  RemoteVideoTrack,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  VideoPreset,
  type LocalVideoTrack
} from 'livekit-client';
import { socketUrl } from './call.ts';
import {
  lineRate,
  wayOf,
  type LineFault,
  type LineMeasure,
  type LineSample,
  type LineTicket,
  type LineWay
} from './line.ts';

const picture = new VideoPreset(640, 360, 1_500_000, 20);
const measureForMs = 6_000;
const sampleEveryMs = 500;
const connectWithinMs = 8_000;
const switchWithinMs = 5_000;

/** The check came to nothing, and why. */
export class LineError extends Error {
  readonly fault: LineFault;
  constructor(fault: LineFault, cause?: unknown) {
    super(`line check: ${fault}`, { cause });
    this.fault = fault;
  }
}

/** @param onpart how much is done, 0…1 @throws LineError */
export async function measureLine(ticket: LineTicket, onpart: (part: number) => void): Promise<LineMeasure> {
  setLogLevel('silent');
  const [sender, receiver] = [new Room(), new Room()];
  const noise = new Noise();
  try {
    await Promise.all([connect(sender, ticket, ticket.send), connect(receiver, ticket, ticket.receive)]);
    onpart(0.2);
    const arriving = arrival(receiver);
    const sent = await sender.localParticipant.publishTrack(noise.track, {
      source: Track.Source.Camera,
      simulcast: false,
      videoEncoding: picture.encoding
    });
    const received = await arriving;
    const up: LineSample[] = [];
    const down: LineSample[] = [];
    let way: LineWay = 'udp';
    for (let at = 0; at < measureForMs; at += sampleEveryMs) {
      await pause(sampleEveryMs);
      const [ours, theirs] = await Promise.all([
        (sent.videoTrack as LocalVideoTrack | undefined)?.getRTCStatsReport(),
        received.getRTCStatsReport()
      ]);
      if (ours) {
        up.push(sample(ours, 'outbound-rtp'));
        way = wayOf(ours) ?? way;
      }
      if (theirs) down.push(sample(theirs, 'inbound-rtp'));
      onpart(0.2 + (0.5 * at) / measureForMs);
    }
    const [upRate, downRate] = [lineRate(up), lineRate(down)];
    const tcp = way === 'tcp' || (await overTcp(receiver, received));
    onpart(0.85);
    await Promise.all([sender.disconnect(), receiver.disconnect()]);
    return {
      way,
      ways: { udp: way === 'udp', tcp, relay: way === 'relay' ? true : await overRelay(ticket) },
      ...{ upKbps: upRate.kbps, downKbps: downRate.kbps, upLoss: upRate.loss, downLoss: downRate.loss },
      jitterMs: Math.max(upRate.jitterMs, downRate.jitterMs),
      roundTripMs: upRate.roundTripMs ?? downRate.roundTripMs
    };
  } finally {
    noise.stop();
    await Promise.all([sender.disconnect(), receiver.disconnect()]);
  }
}

async function connect(room: Room, ticket: LineTicket, token: string): Promise<void> {
  let signalled = false;
  room.once(RoomEvent.SignalConnected, () => (signalled = true));
  try {
    await room.connect(socketUrl(ticket.url, location.origin), token, {
      ...{ maxRetries: 0, websocketTimeout: connectWithinMs, peerConnectionTimeout: connectWithinMs },
      // Named even when none: left out, the client would ask public STUN servers.
      ...(ticket.iceServers
        ? { rtcConfig: { iceServers: ticket.iceServers.map((one) => ({ ...one })) } }
        : {})
    });
  } catch (cause) {
    throw new LineError(!navigator.onLine ? 'offline' : signalled ? 'media' : 'signal', cause);
  }
}

/** @throws LineError where it does not come: the connection stands, and carries nothing */
function arrival(room: Room): Promise<RemoteVideoTrack> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LineError('media')), connectWithinMs);
    room.on(RoomEvent.TrackSubscribed, (track) => {
      if (!(track instanceof RemoteVideoTrack)) return;
      clearTimeout(timer);
      resolve(track);
    });
  });
}

/** Whether media also comes over TCP: what is left where UDP is blocked later or elsewhere. */
async function overTcp(room: Room, track: RemoteVideoTrack): Promise<boolean> {
  const back = new Promise<boolean>((resolve) => {
    room.once(RoomEvent.Reconnected, () => resolve(true));
    room.once(RoomEvent.Disconnected, () => resolve(false));
    setTimeout(() => resolve(false), switchWithinMs);
  });
  try {
    await room.simulateScenario('force-tcp');
    if (!(await back)) return false;
    const now = [...room.remoteParticipants.values()].flatMap((person) => [
      ...person.videoTrackPublications.values()
    ]);
    const stats = await ((now[0]?.track as RemoteVideoTrack | undefined) ?? track).getRTCStatsReport();
    return stats !== undefined && wayOf(stats) === 'tcp';
  } catch {
    // That it cannot be switched says the same as that it does not come.
    return false;
  }
}

/** By way of a TURN server; null where the site has none. */
async function overRelay(ticket: LineTicket): Promise<boolean | null> {
  if (ticket.iceServers) return null;
  const check = new ConnectionCheck(socketUrl(ticket.url, location.origin), ticket.receive);
  const info = await Promise.race([check.checkTURN(), pause(connectWithinMs)]);
  if (!info) return false;
  return info.status === CheckStatus.SKIPPED ? null : info.status === CheckStatus.SUCCESS;
}

/** One reading. Browsers differ in what they tell: what is missing counts as nothing. */
function sample(report: RTCStatsReport, kind: 'outbound-rtp' | 'inbound-rtp'): LineSample {
  const found: LineSample = {
    ...{ atMs: performance.now(), bytes: 0, packets: 0, lost: 0, jitterMs: 0, roundTripMs: null }
  };
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  report.forEach((stat: Record<string, unknown>) => {
    if (stat['type'] === kind && stat['kind'] === 'video') {
      found.bytes += number(stat['bytesSent'] ?? stat['bytesReceived']);
      found.packets += number(stat['packetsSent'] ?? stat['packetsReceived']);
      if (kind === 'inbound-rtp') {
        found.lost += number(stat['packetsLost']);
        found.jitterMs = number(stat['jitter']) * 1_000;
      }
    }
    if (kind === 'outbound-rtp' && stat['type'] === 'remote-inbound-rtp' && stat['kind'] === 'video') {
      found.lost += number(stat['packetsLost']);
      found.jitterMs = number(stat['jitter']) * 1_000;
    }
    if (
      stat['type'] === 'candidate-pair' &&
      stat['nominated'] === true &&
      stat['currentRoundTripTime'] !== undefined
    )
      found.roundTripMs = number(stat['currentRoundTripTime']) * 1_000;
  });
  return found;
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}

/** A picture that costs what a camera's costs, and shows nothing. */
class Noise {
  readonly track: MediaStreamTrack;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.width, picture.height];
    const context = canvas.getContext('2d');
    const block = 8;
    this.#timer = setInterval(() => {
      for (let i = 0; context && i < 900; i++) {
        context.fillStyle = `hsl(${Math.random() * 360} 60% ${Math.random() * 100}%)`;
        const [x, y] = [Math.random() * picture.width, Math.random() * picture.height];
        context.fillRect(x - (x % block), y - (y % block), block, block);
      }
    }, 1_000 / 20);
    const [track] = canvas.captureStream(20).getVideoTracks();
    if (!track) throw new LineError('webrtc');
    this.track = track;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }
}
