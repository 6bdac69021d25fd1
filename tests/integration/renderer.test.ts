import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GreyFrame } from '#lib/features/imaging/frame.ts';
import type { FrameHeader } from '#lib/features/imaging/frame-format.ts';
import type { GreyWindow } from '#lib/features/imaging/image.ts';
import { browserFlags, findBrowser } from '../support/browser.ts';

/** What the bundle puts on the page. */
interface Imaging {
  createFrameRenderer: typeof import('#lib/features/imaging/renderer.ts').createFrameRenderer;
  paintGrey: typeof import('../support/grey-reference.ts').paintGrey;
}

const folder = fileURLToPath(new URL('../../src/lib/features/imaging/', import.meta.url));
const reference = fileURLToPath(new URL('../support/grey-reference.ts', import.meta.url));
const lib = fileURLToPath(new URL('../../src/lib', import.meta.url));
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: findBrowser() ?? undefined,
    // WebGL2 without a graphics card.
    args: [
      ...browserFlags.filter((flag) => flag !== '--disable-gpu'),
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader'
    ]
  });
  page = await browser.newPage();
  await page.addScriptTag({ content: await bundle() });
}, 120_000);
afterAll(() => browser?.close());

async function bundle(): Promise<string> {
  const id = 'virtual:imaging';
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { '#lib': lib } },
    plugins: [
      {
        name: 'entry',
        resolveId: (name) => (name.endsWith(id) ? `\0${id}` : null),
        load: (name) =>
          name === `\0${id}`
            ? `export { createFrameRenderer } from '${folder}renderer.ts'; export { paintGrey } from '${reference}';`
            : null
      }
    ],
    build: {
      write: false,
      minify: false,
      lib: { entry: id, name: 'imaging', formats: ['iife'], fileName: 'imaging' }
    }
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !('output' in output)) throw new Error('no bundle');
  return output.output[0].code;
}

interface Case {
  signed: boolean;
  window: GreyWindow;
  header?: Partial<FrameHeader>;
  turn?: 90;
  sharpen?: true;
  /** Canvas pixels an image pixel; 1 left out. */
  scale?: number;
  maxTextureSize?: number;
}

/** Every 16-bit value once, drawn by the GPU and by the processor; the largest difference of grey. */
function compare({ signed, window, header = {}, turn, sharpen, scale, maxTextureSize }: Case) {
  return page.evaluate(
    ({ signed, window, header, turn, sharpen, scale, maxTextureSize }) => {
      const { createFrameRenderer, paintGrey } = (globalThis as unknown as { imaging: Imaging }).imaging;
      const words = Uint16Array.from({ length: 65_536 }, (_, i) => i);
      const full: FrameHeader = {
        version: 1,
        format: 'grey16',
        kind: 'other',
        rows: 256,
        columns: 256,
        signed,
        bitsStored: 16,
        photometric: 'MONOCHROME2',
        rescale: { slope: 1, intercept: 0 },
        window,
        windowSource: 'file',
        range: { low: 0, high: 65_535 },
        pixelSpacing: { rowMm: 0, columnMm: 0, source: 'none' },
        laterality: null,
        takenAt: null,
        mediaType: null,
        ...header
      };
      const frame: GreyFrame = {
        kind: 'grey',
        imageId: 'test',
        number: 1,
        count: 1,
        header: full,
        pixels: signed ? new Int16Array(words.buffer) : words
      };
      const read = (canvas: HTMLCanvasElement) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d')!;
        copy.drawImage(canvas, 0, 0);
        return copy.getImageData(0, 0, canvas.width, canvas.height).data;
      };
      const draw = (force2d: boolean) => {
        const canvas = document.createElement('canvas');
        const renderer = createFrameRenderer(canvas, {
          force2d,
          softwareGl: true,
          ...(maxTextureSize ? { maxTextureSize } : {})
        });
        const { reduced } = renderer.load(frame);
        const side = Math.round(256 * (scale ?? 1));
        renderer.draw({
          ...window,
          ...(turn ? { rotate: turn, flip: true } : {}),
          ...(sharpen ? { sharpen } : {}),
          ...(scale ? { view: { width: side, height: side, scale, centerX: 128, centerY: 128 } } : {})
        });
        return { kind: renderer.kind, reduced, pixels: read(canvas) };
      };
      const gpu = draw(false);
      const processor = draw(true);
      const wanted =
        turn || sharpen || scale
          ? processor.pixels
          : paintGrey(frame, window, full.photometric === 'MONOCHROME1');
      let difference = 0;
      for (let i = 0; i < wanted.length; i++)
        difference = Math.max(difference, Math.abs(wanted[i]! - gpu.pixels[i]!));
      return { kinds: [gpu.kind, processor.kind], reduced: gpu.reduced, difference };
    },
    { signed, window, header, turn, sharpen, scale, maxTextureSize }
  );
}

describe('the GPU draws what the formula says', () => {
  test.each<[string, Case]>([
    ['unsigned, all of it', { signed: false, window: { center: 32_768, width: 65_536 } }],
    ['unsigned, narrow', { signed: false, window: { center: 2048, width: 400 } }],
    ['a threshold', { signed: false, window: { center: 2048, width: 1 } }],
    ['signed', { signed: true, window: { center: 40, width: 400 } }],
    [
      'rescaled',
      {
        signed: true,
        window: { center: 40, width: 400 },
        header: { rescale: { slope: 0.5, intercept: -1024 } }
      }
    ],
    [
      'MONOCHROME1',
      { signed: false, window: { center: 30_000, width: 20_000 }, header: { photometric: 'MONOCHROME1' } }
    ],
    ['turned and flipped', { signed: false, window: { center: 30_000, width: 60_000 }, turn: 90 }],
    ['sharpened', { signed: false, window: { center: 30_000, width: 60_000 }, sharpen: true }],
    ['reduced', { signed: false, window: { center: 30_000, width: 60_000 }, scale: 0.36 }],
    ['enlarged', { signed: true, window: { center: 0, width: 50_000 }, scale: 1.7, sharpen: true }]
  ])('[IM-8] %s: within one grey level', async (_, what) => {
    const { kinds, difference } = await compare(what);
    expect(kinds).toEqual(['webgl2', 'canvas2d']);
    expect(difference).toBeLessThanOrEqual(1);
  });

  test('[IM-8] the processor draws what the formula says: every value, every grey', async () => {
    const difference = await page.evaluate(() => {
      const { createFrameRenderer, paintGrey } = (globalThis as unknown as { imaging: Imaging }).imaging;
      const pixels = Uint16Array.from({ length: 65_536 }, (_, i) => i);
      const window = { center: 20_000, width: 9_000 };
      const frame = {
        kind: 'grey',
        imageId: 'test',
        header: { rows: 256, columns: 256, rescale: { slope: 1, intercept: 0 }, photometric: 'MONOCHROME2' },
        pixels
      } as GreyFrame;
      const canvas = document.createElement('canvas');
      const renderer = createFrameRenderer(canvas, { force2d: true });
      renderer.load(frame);
      renderer.draw(window);
      const drawn = canvas.getContext('2d')!.getImageData(0, 0, 256, 256).data;
      return paintGrey(frame, window, false).reduce(
        (most, value, i) => Math.max(most, Math.abs(value - drawn[i]!)),
        0
      );
    });
    expect(difference).toBeLessThanOrEqual(1);
  });

  test('[IM-29] a lost surface is told, and drawn again when it is back', async () => {
    const seen = await page.evaluate(async () => {
      const { createFrameRenderer } = (globalThis as unknown as { imaging: Imaging }).imaging;
      const canvas = document.createElement('canvas');
      const told: string[] = [];
      let back = () => {};
      const restored = new Promise<void>((resolve) => (back = resolve));
      const renderer = createFrameRenderer(canvas, {
        softwareGl: true,
        onLost: () => told.push('lost'),
        onRestored: () => back()
      });
      renderer.load({
        kind: 'grey',
        imageId: 'test',
        header: { rows: 2, columns: 2, rescale: { slope: 1, intercept: 0 }, photometric: 'MONOCHROME2' },
        pixels: Uint16Array.of(0, 100, 200, 300)
      } as GreyFrame);
      renderer.draw({ center: 150, width: 300 });
      const loss = canvas.getContext('webgl2')!.getExtension('WEBGL_lose_context')!;
      const gone = new Promise((resolve) => canvas.addEventListener('webglcontextlost', resolve));
      loss.loseContext();
      await gone;
      // Only once the loss was handled may the surface come back.
      setTimeout(() => loss.restoreContext());
      await restored;
      const copy = new OffscreenCanvas(2, 2).getContext('2d')!;
      copy.drawImage(canvas, 0, 0);
      return { told, last: copy.getImageData(1, 1, 1, 1).data[0] };
    });
    expect(seen).toEqual({ told: ['lost'], last: 255 });
  });

  test('[IM-11] a picture beyond the GPU’s textures is reduced by a whole factor, and says so', async () => {
    const { reduced } = await compare({
      signed: false,
      window: { center: 30_000, width: 60_000 },
      maxTextureSize: 100
    });
    expect(reduced).toBe(3);
  });

  test('[IM-11] reduced, the picture is all there and has its greys; so where the GPU’s memory is too small', async () => {
    const seen = await page.evaluate(() => {
      const { createFrameRenderer } = (globalThis as unknown as { imaging: Imaging }).imaging;
      const [columns, rows] = [240, 120];
      // A grey for each quarter, constant within it: averaging must not change it.
      const greys = [1_000, 2_000, 3_000, 4_000];
      const pixels = Uint16Array.from({ length: columns * rows }, (_, i) => {
        const [x, y] = [i % columns, Math.floor(i / columns)];
        return greys[(x < columns / 2 ? 0 : 1) + (y < rows / 2 ? 0 : 2)]!;
      });
      const frame = {
        kind: 'grey',
        imageId: 'test',
        header: { rows, columns, rescale: { slope: 1, intercept: 0 }, photometric: 'MONOCHROME2' },
        pixels
      } as GreyFrame;
      const draw = (options: { maxTextureSize?: number }) => {
        const canvas = document.createElement('canvas');
        const renderer = createFrameRenderer(canvas, { softwareGl: true, ...options });
        const { reduced } = renderer.load(frame);
        renderer.draw({ center: 2_500, width: 5_001 });
        const copy = new OffscreenCanvas(columns, rows).getContext('2d')!;
        copy.drawImage(canvas, 0, 0);
        const at = ([x, y]: readonly number[]) => copy.getImageData(x!, y!, 1, 1).data[0]!;
        const corners = [
          [2, 2],
          [columns - 3, 2],
          [2, rows - 3],
          [columns - 3, rows - 3]
        ];
        return { reduced, size: [canvas.width, canvas.height], greys: corners.map(at) };
      };
      const small = draw({ maxTextureSize: 60 });
      const { getError } = WebGL2RenderingContext.prototype;
      let asked = 0;
      WebGL2RenderingContext.prototype.getError = function () {
        return asked++ < 1 ? this.OUT_OF_MEMORY : getError.call(this);
      };
      const poor = draw({ maxTextureSize: 256 });
      WebGL2RenderingContext.prototype.getError = getError;
      return { small, poor };
    });
    const whole = { size: [240, 120] };
    expect(seen.small).toMatchObject({ reduced: 4, ...whole });
    expect(seen.poor).toMatchObject({ reduced: 2, ...whole });
    for (const { greys } of [seen.small, seen.poor])
      greys.forEach((grey, i) =>
        expect(Math.abs(grey - (1_000 * (i + 1) * 255) / 5_000)).toBeLessThanOrEqual(1)
      );
  });
});
