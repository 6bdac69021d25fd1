/*
 * The process that reads one image: bytes in on stdin, one answer on stdout, end. Started by
 * adapters/image-reader.ts without environment, network secrets or the right to read anything but code.
 */
import sharp from 'sharp';
import { asAppError } from '#lib/kernel/errors.ts';
import { maxHeadBytes } from '#lib/features/imaging/image.ts';
import { ingest } from '#lib/features/imaging/ingest.server.ts';
import { lengthBytes, questionBytes, unpackQuestion, type Answer, type Question } from './protocol.ts';

/** Given up where nobody takes the answer. */
const lingerMs = 5_000;

// Of libvips's readers only the two that are needed: no SVG, PDF, TIFF, whatever a file may say it is.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng'] });
sharp.cache(false);
sharp.concurrency(1);

/** What is asked, then the file's beginning, into one piece of memory of exactly that size. */
async function readInput(): Promise<{ head: Buffer; question: Question }> {
  let start = Buffer.alloc(0);
  let head: Buffer | null = null;
  let question: Question | null = null;
  let at = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    let part = chunk;
    if (!head) {
      start = Buffer.concat([start, chunk]);
      if (start.length < questionBytes) continue;
      question = unpackQuestion(start);
      head = Buffer.allocUnsafeSlow(Math.min(question.totalBytes, maxHeadBytes));
      part = start.subarray(questionBytes);
    }
    at += part.copy(head, at);
  }
  if (!head || !question || at < head.length) throw new Error('the input broke off');
  return { head, question };
}

async function answer(): Promise<Buffer[]> {
  try {
    const { head, question } = await readInput();
    const { frame, thumbnail, ...facts } = await ingest(head, question.totalBytes, question);
    return packed({ ok: true, facts, frameBytes: frame.length, thumbnailBytes: thumbnail.length }, [
      frame,
      thumbnail
    ]);
  } catch (error) {
    const known = asAppError(error);
    // Nothing of an unforeseen error is told: it can quote the file.
    return packed({ ok: false, code: known?.code ?? 'image_not_read', detail: known?.detail ?? {} }, []);
  }
}

function packed(header: Answer, parts: Buffer[]): Buffer[] {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeBigUInt64LE(BigInt(json.length));
  return [length, json, ...parts];
}

process.stdout.on('error', () => process.exit(1));
for (const part of await answer()) process.stdout.write(part);
// The other side ends this process when it has the answer.
setTimeout(() => process.exit(0), lingerMs);
