import { fail } from '#lib/kernel/errors.ts';
import { headOf, intake } from '#lib/features/imaging/intake.ts';
import { ZipWatch } from '#lib/features/imaging/disguise.ts';
import { sniff } from '#lib/features/imaging/sniff.ts';
import type { ChatFileType } from './chat.ts';

/** Bytes of a PDF in which its header must begin at once; other readers look further, and so do disguises. */
const pdfHead = '%PDF-';
/** What a PDF begins by itself when it is opened. Kept readable by most writers, hidden by some: see SPEC. */
const acting = /\/(javascript|js|launch|embeddedfile|openaction\s*<<[^>]*\/(uri|launch|submitform))\b/i;
const overlap = 64;

/**
 * [CN-41] The first door of a file that is sent along: tells by content what it is and passes it on as it may be kept.
 * Pictures go through the door of all uploads; a PDF must begin as one, be no archive, and not start anything openly.
 * @throws AppError `file_empty`, `chat_file_kind`, `file_disguised`
 */
export async function chatIntake(
  source: AsyncIterable<Uint8Array>
): Promise<{ type: ChatFileType; bytes: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await headOf(iterator);
  const all = resumed(first, iterator);
  if (new TextDecoder('latin1').decode(first.subarray(0, pdfHead.length)) === pdfHead)
    return { type: 'application/pdf', bytes: keptPdf(all) };
  const format = sniff(first);
  if (format === 'jpeg' || format === 'png') return { type: `image/${format}`, bytes: intake(all) };
  await iterator.return?.();
  throw fail('chat_file_kind');
}

async function* resumed(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* keptPdf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zip = new ZipWatch();
  const latin = new TextDecoder('latin1');
  let tail = '';
  for await (const bytes of source) {
    zip.push(bytes);
    const seen = tail + latin.decode(bytes);
    if (acting.test(seen)) throw fail('file_disguised', { as: 'script' });
    tail = seen.slice(-overlap);
    yield bytes;
  }
  // The store names only what ended well: a refusal at the very end is in time.
  if (zip.isZip) throw fail('file_disguised', { as: 'zip' });
}
