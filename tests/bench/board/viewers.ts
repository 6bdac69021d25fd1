import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { ingest } from '#lib/features/imaging/ingest.server.ts';
import { greyOf } from '../../e2e/seen.ts';
import type { CleanUp } from '../figures.ts';

/** What a page with a viewer offers. */
export interface Viewer {
  /** How it draws, once it can. */
  ready: Promise<string>;
  /** @returns milliseconds from the file in hand to its picture painted */
  open: (file: Blob, kind: 'dicom' | 'frame') => Promise<number>;
}

/** The two viewers, and the two ways in which each can be asked. */
export const subjects = ['ours', 'ours, from our server', 'cornerstone3D', 'cornerstone3D, cpu'] as const;
export type Subject = (typeof subjects)[number];

export interface Viewers {
  /** How cornerstone3D draws by itself in this browser. */
  peerDraws: string;
  open(subject: Subject): Promise<number>;
  /** Gzip bytes of the JavaScript that showing one picture loads, workers included. */
  scripts: { ours: number; peer: number };
}

const settleMs = 250;
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm'
};

/** Pages with the viewers in one browser, the same file in the hands of each, warm. */
export async function openViewers(options: {
  browser: Browser;
  peerFolder: string;
  dicom: Uint8Array;
  cleanUp: CleanUp;
}): Promise<Viewers> {
  const { browser, dicom, cleanUp } = options;
  const site = await serve(options);
  const { frame } = await ingest(Buffer.from(dicom), dicom.length);
  const open = async (path: string) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    cleanUp.add(() => page.close());
    await page.goto(`${site.origin}${path}`);
    const draws = await page.evaluate(() => (window as unknown as { viewer: Viewer }).viewer.ready);
    return { page, draws };
  };
  const ours = await open('/ours/index.html');
  const peer = await open('/peer/index.html');
  const cpu = await open('/peer/index.html?cpu');
  site.files.set('/picture.dcm', Buffer.from(dicom));
  site.files.set('/picture.frame', frame);
  const asked: Record<Subject, { page: Page; file: string; kind: 'dicom' | 'frame' }> = {
    ours: { page: ours.page, file: '/picture.dcm', kind: 'dicom' },
    'ours, from our server': { page: ours.page, file: '/picture.frame', kind: 'frame' },
    cornerstone3D: { page: peer.page, file: '/picture.dcm', kind: 'dicom' },
    'cornerstone3D, cpu': { page: cpu.page, file: '/picture.dcm', kind: 'dicom' }
  };
  const openFile = async (subject: Subject): Promise<number> => {
    const { page, file, kind } = asked[subject];
    await page.bringToFront();
    await page.waitForTimeout(settleMs);
    return page.evaluate(
      async ([path, as]) => {
        const bytes = await (await fetch(path)).arrayBuffer();
        const { viewer } = window as unknown as { viewer: Viewer };
        return viewer.open(new File([bytes], 'picture'), as);
      },
      [file, kind] as const
    );
  };
  for (const subject of subjects) {
    for (let i = 0; i < 3; i++) await openFile(subject);
    const { spread } = await greyOf(asked[subject].page.locator('#place'));
    if (spread < 15) throw new Error(`${subject} shows no picture`);
  }
  return { peerDraws: peer.draws, open: openFile, scripts: site.scripts() };
}

async function serve({ peerFolder, cleanUp }: { peerFolder: string; cleanUp: CleanUp }) {
  const out = await mkdtemp(join(tmpdir(), 'consilium-viewers-'));
  cleanUp.add(() => rm(out, { recursive: true, force: true }));
  await bundle(join(import.meta.dirname, 'viewer'), join(out, 'ours'));
  await bundle(peerFolder, join(out, 'peer'));
  const files = new Map<string, Buffer>();
  const served = new Map<string, number>();
  const web = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://internal').pathname);
    void (async () => {
      const bytes = files.get(path) ?? (await readFile(join(out, path)).catch(() => null));
      if (!bytes) {
        response.writeHead(404).end();
        return;
      }
      if (extname(path) === '.js') served.set(path, gzipSync(bytes).length);
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' });
      response.end(bytes);
    })();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  cleanUp.add(async () => {
    web.closeAllConnections();
    web.close();
  });
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const sum = (prefix: string) =>
    [...served].reduce((all, [path, bytes]) => (path.startsWith(prefix) ? all + bytes : all), 0);
  return {
    origin: `http://127.0.0.1:${address.port}`,
    files,
    scripts: () => ({ ours: sum('/ours/'), peer: sum('/peer/') })
  };
}

async function bundle(root: string, outDir: string): Promise<void> {
  await build({
    configFile: false,
    root,
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, reportCompressedSize: false }
  });
}
