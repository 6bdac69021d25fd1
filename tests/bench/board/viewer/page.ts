// Our viewer alone: a DICOM file, or what our server makes of one, onto a canvas. Bundled by ../viewers.ts.
import { decodePixels } from '#lib/features/imaging/dicom-pixels.ts';
import { readDicom } from '#lib/features/imaging/dicom.ts';
import { greyHeader } from '#lib/features/imaging/frame-header.ts';
import { decodeFrame, type Frame } from '#lib/features/imaging/frame.ts';
import { createFrameRenderer } from '#lib/features/imaging/renderer.ts';
import { fitView } from '#lib/features/imaging/view-transform.ts';
import type { Viewer } from '../viewers.ts';

const place = document.querySelector<HTMLElement>('#place')!;
const canvas = document.createElement('canvas');
place.append(canvas);
const renderer = createFrameRenderer(canvas);

const only = { imageId: '', number: 1, count: 1 };

function frameOf(bytes: Uint8Array): Frame {
  const file = readDicom(bytes);
  const decoded = decodePixels(file);
  if (decoded.kind !== 'grey') throw new Error('a radiograph was expected');
  const { pixels } = decoded;
  return { kind: 'grey', ...only, header: greyHeader(file.info, pixels), pixels };
}

async function inflated(file: Blob): Promise<Uint8Array> {
  const stream = file.stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const viewer: Viewer = {
  ready: Promise.resolve(renderer.kind),
  async open(file, kind) {
    const began = performance.now();
    const frame =
      kind === 'frame'
        ? await decodeFrame(only, await inflated(file))
        : frameOf(new Uint8Array(await file.arrayBuffer()));
    const { header } = frame;
    renderer.load(frame);
    renderer.draw({
      ...header.window,
      view: fitView(header, 0, place.clientWidth, place.clientHeight)
    });
    await new Promise(requestAnimationFrame);
    // A task after the frame's callbacks runs when the frame is painted.
    await new Promise((painted) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = painted;
      port2.postMessage(null);
    });
    return performance.now() - began;
  }
};
Object.assign(window, { viewer });
