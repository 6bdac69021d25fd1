// One room of tests/bench/load.ts, as a process of its own: everyone in it sends a camera and a microphone and receives
// those of all others. Says how many bytes it received whenever it is asked.
import {
  AudioFrame,
  AudioSource,
  dispose,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource
} from '@livekit/rtc-node';

export interface LoadOrder {
  url: string;
  tokens: readonly string[];
  width: number;
  height: number;
  fps: number;
}
export type FromRoom =
  | { connectedMs: number[] }
  /** Media received by all of the room since its start, and how many pictures and sounds of others they have. */
  | { receivedBytes: number; sentBytes: number; streams: number };

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder;
const sampleRate = 48_000;
const soundMs = 20;

/** Noise that moves: a picture that compresses to nothing would weigh nothing. */
function picture({ width, height }: LoadOrder, shift: number): VideoFrame {
  const data = new Uint8Array((width * height * 3) / 2).fill(128);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data[y * width + x] = ((x + shift) ^ (y * 3)) & 0xff;
  return new VideoFrame(data, width, height, VideoBufferType.I420);
}
const pictures = Array.from({ length: 8 }, (_, index) => picture(order, index * 5));
const sound = new Int16Array((sampleRate * soundMs) / 1_000);
for (let i = 0; i < sound.length; i++) sound[i] = Math.round(8_000 * Math.sin(i / 17));

async function enter(token: string): Promise<{ room: Room; ms: number; send: () => Promise<void> }> {
  const began = performance.now();
  const room = new Room();
  await room.connect(order.url, token, { autoSubscribe: true, dynacast: true });
  const ms = performance.now() - began;
  const video = new VideoSource(order.width, order.height);
  const audio = new AudioSource(sampleRate, 1);
  const send = async () => {
    const local = room.localParticipant!;
    await local.publishTrack(
      LocalVideoTrack.createVideoTrack('camera', video),
      new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: false })
    );
    await local.publishTrack(
      LocalAudioTrack.createAudioTrack('microphone', audio),
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE })
    );
    let frame = 0;
    setInterval(() => video.captureFrame(pictures[frame++ % pictures.length]!), 1_000 / order.fps);
    setInterval(() => void audio.captureFrame(new AudioFrame(sound, sampleRate, 1, sound.length)), soundMs);
  };
  return { room, ms, send };
}

const people: Room[] = [];
const connectedMs: number[] = [];
for (const token of order.tokens) {
  const { room, ms, send } = await enter(token);
  people.push(room);
  connectedMs.push(ms);
  await send();
}
say({ connectedMs });

process.on('message', (message) => {
  void (message === 'end' ? end() : measure());
});

async function measure(): Promise<void> {
  let [receivedBytes, sentBytes, streams] = [0, 0, 0];
  for (const room of people) {
    const { publisherStats, subscriberStats } = await room.getRtcStats();
    // One connection may carry both ways.
    for (const { stats } of [...publisherStats, ...subscriberStats])
      if (stats.case === 'inboundRtp') {
        const bytes = Number(stats.value.inbound?.bytesReceived ?? 0);
        receivedBytes += bytes;
        if (bytes > 0) streams++;
      } else if (stats.case === 'outboundRtp') sentBytes += Number(stats.value.sent?.bytesSent ?? 0);
  }
  say({ receivedBytes, sentBytes, streams });
}

async function end(): Promise<void> {
  await Promise.all(people.map((room) => room.disconnect()));
  await dispose();
  process.exit(0);
}

function say(message: FromRoom): void {
  process.send?.(message);
}
