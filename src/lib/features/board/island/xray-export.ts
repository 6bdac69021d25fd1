import { createFrameRenderer } from '#lib/features/imaging/renderer.ts';
import type { XrayProps } from '../shapes.ts';
import type { BoardHost } from './types.ts';

/**
 * The image as the board shows it, whole and at its own resolution, as a data URL; null where it cannot be
 * loaded, so that one missing image does not cost the whole picture.
 */
export async function exportImage(host: BoardHost, props: XrayProps): Promise<string | null> {
  try {
    const frame = await host.loadFrame(props.imageId, props.frame);
    const canvas = document.createElement('canvas');
    const renderer = createFrameRenderer(canvas, { force2d: true });
    renderer.load(frame);
    const { center, width } = props.window ?? frame.header.window;
    renderer.draw({ center, width, invert: props.invert, sharpen: props.sharpen });
    const url = canvas.toDataURL('image/jpeg', 0.92);
    renderer.dispose();
    return url;
  } catch {
    // Left out of the picture; the board itself shows the failure with a way to try again.
    return null;
  }
}
