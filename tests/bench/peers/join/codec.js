/* global LivekitClient */
// `?url=…&token=…&send=vp8|vp9&rate=…`: sends a drawn picture; `&take=high|low`: looks at it and compares it with what was drawn.
const query = new URLSearchParams(location.search);
const [width, height, fps] = [1280, 720, 25];
const [bits, bitWide, bitHigh] = [14, 24, 24];

/** Something with the detail of a mouth: smooth forms, fine grain, sharp edges. The same on every page. */
function drawTexture() {
  const canvas = new OffscreenCanvas(width + 160, height + 90);
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let y = 0; y < canvas.height; y++)
    for (let x = 0; x < canvas.width; x++) {
      const tooth = Math.abs(Math.sin(x / 61)) * Math.abs(Math.sin(y / 83));
      const ridge = Math.sin(x / 3.1 + Math.sin(y / 17) * 3) * 9;
      const value = 70 + tooth * 130 + ridge + (random() - 0.5) * 12;
      const at = (y * canvas.width + x) * 4;
      image.data.set([value + 20, value, value - 12, 255], at);
    }
  context.putImageData(image, 0, 0);
  return canvas;
}
const texture = drawTexture();

/** Frame `n`: the texture moved as by a hand that holds a telephone, and `n` itself in black and white. */
function draw(context, n) {
  context.drawImage(texture, -80 + 60 * Math.sin(n / 23), -45 + 35 * Math.sin(n / 31));
  for (let bit = 0; bit < bits; bit++) {
    context.fillStyle = (n >> bit) & 1 ? '#fff' : '#000';
    context.fillRect(bit * bitWide, 0, bitWide, bitHigh);
  }
}

async function send(room, codec) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  let n = 0;
  setInterval(() => draw(context, n++ % (1 << bits)), 1000 / fps);
  const [track] = canvas.captureStream(fps).getVideoTracks();
  track.contentHint = 'motion';
  const preset = (w, h, rate, frames) => new LivekitClient.VideoPreset(w, h, rate, frames);
  // As src/lib/features/consults/room/call/room-options.ts has them.
  const videoEncoding = { maxBitrate: Number(query.get('rate')), maxFramerate: 30 };
  await room.localParticipant.publishTrack(track, {
    source: 'camera',
    videoEncoding,
    ...(codec === 'vp8'
      ? {
          videoCodec: 'vp8',
          simulcast: true,
          videoSimulcastLayers: [preset(320, 180, 150_000, 15), preset(640, 360, 500_000, 25)]
        }
      : { videoCodec: 'vp9', scalabilityMode: 'L3T3_KEY', backupCodec: false })
  });
  window.readSent = async () => {
    const { sender } = [...room.localParticipant.videoTrackPublications.values()][0].track;
    const sum = { at: performance.now(), bytes: 0, encodeSeconds: 0, frames: n, codec: '', limited: '' };
    const stats = await sender.getStats();
    stats.forEach((stat) => {
      if (stat.type !== 'outbound-rtp') return;
      sum.bytes += stat.bytesSent + stat.headerBytesSent;
      sum.encodeSeconds += stat.totalEncodeTime;
      sum.limited += `${stat.frameHeight ?? '-'}:${stat.qualityLimitationReason} `;
      sum.codec = stats.get(stat.codecId)?.mimeType ?? '';
    });
    return sum;
  };
}

function take(room, quality) {
  const { VideoQuality } = LivekitClient;
  room.on(LivekitClient.RoomEvent.TrackSubscribed, (track, publication) => {
    publication.setVideoQuality(quality === 'low' ? VideoQuality.LOW : VideoQuality.HIGH);
    const video = track.attach();
    document.getElementById('others').append(video);
    compare(video);
  });
}

/** Each tenth frame beside what was drawn: the signal-to-noise ratio of its luma, decibels, at its full size. */
function compare(video) {
  const [drawn, seen] = [0, 1].map(() =>
    new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  );
  const taken = { frames: 0, heights: [], decibels: [] };
  window.readTaken = () => {
    const now = structuredClone(taken);
    Object.assign(taken, { frames: 0, heights: [], decibels: [] });
    return { at: performance.now(), ...now };
  };
  const look = () => {
    taken.frames++;
    if (taken.frames % 10 === 0) {
      seen.drawImage(video, 0, 0, width, height);
      const pixels = seen.getImageData(0, 0, width, height).data;
      let n = 0;
      for (let bit = 0; bit < bits; bit++)
        if (pixels[((bitHigh / 2) * width + (bit + 0.5) * bitWide) * 4] > 127) n |= 1 << bit;
      draw(drawn, n);
      const wanted = drawn.getImageData(0, 0, width, height).data;
      let [squares, count] = [0, 0];
      for (let y = 40; y < height; y += 2)
        for (let x = 0; x < width; x += 2) {
          const at = (y * width + x) * 4;
          squares += (pixels[at + 1] - wanted[at + 1]) ** 2;
          count++;
        }
      taken.heights.push(video.videoHeight);
      taken.decibels.push(10 * Math.log10(255 ** 2 / (squares / count)));
    }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

const room = new LivekitClient.Room({ adaptiveStream: false, dynacast: true });
if (query.has('take')) take(room, query.get('take'));
await room.connect(query.get('url'), query.get('token'), { rtcConfig: { iceServers: [] } });
if (query.has('send')) await send(room, query.get('send'));
document.body.dataset.live = 'true';
