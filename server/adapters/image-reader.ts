import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import type { ImageReader, Logger, ReadImage, ReadImageOptions } from '#lib/kernel/ports.ts';
import { maxHeadBytes, maxPixels } from '#lib/features/imaging/image.ts';
import { repositoryRoot } from '../config.ts';
import { answerSchema, lengthBytes, packQuestion } from '../image-reader/protocol.ts';

/** What a process may take for one image, over `idleMegabytes`. */
const dataMegabytes = 1024;
/** What Node counts as written before it has done anything: V8's code range (512 MB, nearly all of it never used) and stacks. */
const idleMegabytes = 640;
/** V8's own part: headers and tables. Pixels lie outside of it. */
const heapMegabytes = 256;
const timeoutMs = 60_000;
const atOnce = 2;
const maxWaiting = 16;
const maxJsonBytes = 1024 * 1024;
/** 16 bits a pixel that compression could do nothing about. */
const maxFrameBytes = maxPixels * 2 + 1024 * 1024;
const maxThumbnailBytes = 4 * 1024 * 1024;

export interface ImageReaderOptions {
  log: Logger;
  /** Processes at a time. */
  atOnce?: number;
  /** Files that may wait for one; the next is refused. */
  maxWaiting?: number;
  /** Milliseconds from the first byte to the answer. */
  timeoutMs?: number;
  /** Of all memory a process can write to, V8's heap and native buffers alike. */
  dataMegabytes?: number;
  /** Peak resident memory of each process, as the kernel counted it (VmHWM); Linux only. For tests. */
  onPeak?: (bytes: number) => void;
}

/**
 * Each file is read in a process of its own that ends with it: a decoder that crashes, hangs or is taken over
 * harms one upload and meets one patient's bytes. On Linux the kernel bounds all of its writable memory
 * (RLIMIT_DATA; `resourceLimits` of a worker thread would bound V8's heap only, and decoders' buffers lie
 * outside it) and its processor time; elsewhere V8's heap, the checks before decoding and the clock do. It has an
 * empty environment and Node's permission model lets it read code and nothing else.
 */
export function createImageReader(options: ImageReaderOptions): ImageReader {
  const slots = options.atOnce ?? atOnce;
  const running = new Set<ChildProcess>();
  const waiting: (() => void)[] = [];
  let taken = 0;
  let closed = false;

  async function slot(): Promise<void> {
    if (closed) throw fail('unavailable');
    if (taken < slots) {
      taken++;
      return;
    }
    if (waiting.length >= (options.maxWaiting ?? maxWaiting)) throw fail('image_reader_busy');
    await new Promise<void>((done) => waiting.push(done));
    if (closed) throw fail('unavailable');
  }
  function release(): void {
    const next = waiting.shift();
    if (next) next();
    else taken--;
  }

  return {
    async read(source, wanted) {
      await slot();
      const child = start(options.dataMegabytes ?? dataMegabytes);
      running.add(child);
      try {
        return await within(child, source, { ...options, ...wanted });
      } finally {
        child.kill('SIGKILL');
        running.delete(child);
        release();
      }
    },
    async close() {
      closed = true;
      for (const child of running) child.kill('SIGKILL');
      for (const next of waiting.splice(0)) next();
    }
  };
}

function start(megabytes: number): ChildProcess {
  const root = realpathSync(repositoryRoot);
  const readable = [
    join(root, 'src', 'lib'),
    join(root, 'server', 'image-reader'),
    join(root, 'package.json'),
    join(root, 'node_modules'),
    realpathSync(join(root, 'node_modules'))
  ];
  const node = [
    process.execPath,
    '--no-warnings',
    '--permission',
    '--allow-addons',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${heapMegabytes}`,
    join(root, 'server', 'image-reader', 'process.ts')
  ];
  const options: SpawnOptions = { cwd: root, env: {}, stdio: ['pipe', 'pipe', 'ignore'] };
  if (process.platform !== 'linux') return spawn(node[0]!, node.slice(1), options);
  // A dying process leaves no core file: it would hold the picture in the clear.
  const limits = `ulimit -c 0; ulimit -t ${(2 * timeoutMs) / 1000}; ulimit -d ${(idleMegabytes + megabytes) * 1024}; exec "$@"`;
  return spawn('/bin/sh', ['-c', limits, 'sh', ...node], options);
}

type Job = ImageReaderOptions & ReadImageOptions;

async function within(child: ChildProcess, source: AsyncIterable<Uint8Array>, job: Job): Promise<ReadImage> {
  const began = performance.now();
  const lost = Promise.withResolvers<never>();
  // Looked at below; a process that ends after its answer is no news.
  lost.promise.catch(() => undefined);
  const give = (reason: string) => {
    job.log.warn(
      { reason, bytes: job.totalBytes, ms: Math.round(performance.now() - began) },
      'an image was not read'
    );
    lost.reject(fail('image_not_read'));
  };
  let settled = false;
  child.once('error', (error) => settled || give(error.name));
  child.once('exit', (exitCode, signal) => settled || give(`ended with ${signal ?? exitCode}`));
  const timer = setTimeout(() => give('time'), job.timeoutMs ?? timeoutMs);
  const watch = job.onPeak ? watchPeak(child, job.onPeak) : null;
  try {
    return await Promise.race([exchange(child, source, job), lost.promise]);
  } finally {
    settled = true;
    clearTimeout(timer);
    await watch?.();
  }
}

async function exchange(child: ChildProcess, source: AsyncIterable<Uint8Array>, wanted: ReadImageOptions) {
  const [, answer] = await Promise.all([send(child, source, wanted), receive(child)]);
  return answer;
}

/** The file's beginning, as fast as it is taken. */
async function send(
  child: ChildProcess,
  source: AsyncIterable<Uint8Array>,
  { totalBytes, frame = 1, window }: ReadImageOptions
) {
  const { stdin } = child;
  if (!stdin) return;
  // A process that ends early closes the pipe; its exit says why.
  stdin.on('error', () => undefined);
  stdin.write(packQuestion({ totalBytes, frame, window: window ?? null }));
  let left = Math.min(totalBytes, maxHeadBytes);
  for await (const part of source) {
    const own = part.subarray(0, left);
    left -= own.length;
    if (!stdin.write(own))
      await new Promise<void>((done) => {
        const go = () => {
          stdin.off('drain', go).off('close', go);
          done();
        };
        stdin.once('drain', go).once('close', go);
      });
    if (left <= 0 || stdin.destroyed) break;
  }
  stdin.end();
}

async function receive(child: ChildProcess): Promise<ReadImage> {
  const { stdout } = child;
  if (!stdout) throw fail('image_not_read');
  const parts: Buffer[] = [];
  let held = 0;
  let wanted = lengthBytes;
  let header: { json: number; frame: number; facts: unknown; whole: number } | null = null;
  for await (const part of stdout as AsyncIterable<Buffer>) {
    parts.push(part);
    held += part.length;
    if (held < wanted) continue;
    if (!header) {
      const start = Buffer.concat(parts);
      const json = Number(start.readBigUInt64LE());
      if (json > maxJsonBytes) throw fail('image_not_read');
      wanted = lengthBytes + json;
      if (held < wanted) continue;
      const answer = parseAnswer(start.toString('utf8', lengthBytes, wanted));
      if (!answer.ok) throw fail(answer.code, answer.detail);
      const { frameBytes, thumbnailBytes, facts } = answer;
      if (frameBytes > maxFrameBytes || thumbnailBytes > maxThumbnailBytes) throw fail('image_not_read');
      header = { json, frame: frameBytes, facts, whole: wanted + frameBytes + thumbnailBytes };
      wanted = header.whole;
    }
    if (held < wanted) continue;
    const whole = Buffer.concat(parts);
    const at = lengthBytes + header.json;
    return {
      facts: header.facts,
      frame: whole.subarray(at, at + header.frame),
      thumbnail: whole.subarray(at + header.frame, header.whole)
    };
  }
  // The pipe has ended without an answer; the exit, which says why, is on its way.
  return new Promise<never>(() => undefined);
}

function parseAnswer(json: string) {
  try {
    return v.parse(answerSchema, JSON.parse(json));
  } catch (error) {
    throw fail('image_not_read', {}, error);
  }
}

/** Reads the kernel's high-water mark while the process lives; it only grows, so the last look is the peak. */
function watchPeak(child: ChildProcess, onPeak: (bytes: number) => void): () => Promise<void> {
  let peak = 0;
  const look = async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    // Before exec it is the shell, or a fork of this very process.
    if (!/^Name:\s*(node|MainThread)/m.test(status)) return;
    peak = Math.max(peak, Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024);
  };
  const timer = setInterval(() => void look(), 5);
  return async () => {
    clearInterval(timer);
    await look();
    onPeak(peak);
  };
}
