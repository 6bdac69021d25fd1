import { fail } from '#lib/kernel/errors.ts';
import { disguiseIn, holdsActiveText, programIn, TrailWatch, ZipWatch } from './disguise.ts';
import { photoParts } from './photo-parts.ts';
import { sniff, type FileFormat } from './sniff.ts';

/** Readers of PDF look for its header in so many bytes; sniffers of HTML in fewer. */
const headBytes = 1024;
const preambleBytes = 128;

/**
 * The first door of an upload: passes a file on as it may be kept. Decides by content alone what it is, follows
 * the structure of photos, and refuses what another program would take for a program, page, document or
 * archive. A DICOM preamble is zeroed; what follows a photo's end is left out. Decodes nothing and holds a few
 * kilobytes, whatever the file says.
 * @throws AppError `file_empty`, `file_not_an_image`, `file_disguised`, `file_too_large`
 */
export async function* intake(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const head = await headOf(iterator);
    const format = sniff(head);
    if (!format) throw fail('file_not_an_image');
    const zip = new ZipWatch();
    yield* kept(format, watched(head, iterator, zip));
    // The file store gives a name only to a stream that ended well: a refusal at the very end is in time.
    if (zip.isZip) throw fail('file_disguised', { as: 'zip' });
  } finally {
    await iterator.return?.();
  }
}

function kept(format: FileFormat, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return format === 'dicom' ? keptDicom(source) : keptPhoto(format, source);
}

async function* keptDicom(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const bytes of source) {
    if (!first) {
      yield bytes;
      continue;
    }
    first = false;
    const disguise = disguiseIn(bytes.subarray(0, preambleBytes)) ?? pdfIn(bytes.subarray(0, headBytes));
    if (disguise) throw fail('file_disguised', { as: disguise });
    const zeroed = bytes.slice();
    zeroed.fill(0, 0, preambleBytes);
    yield zeroed;
  }
}

function pdfIn(bytes: Uint8Array): string | null {
  return new TextDecoder('latin1').decode(bytes).includes('%PDF-') ? 'text' : null;
}

async function* keptPhoto(
  format: 'jpeg' | 'png',
  source: AsyncIterable<Uint8Array>
): AsyncGenerator<Uint8Array> {
  const trail = new TrailWatch();
  for await (const { kind, bytes, bodyAt } of photoParts(format, source)) {
    if (kind === 'trail') {
      trail.push(bytes);
      if (trail.found) throw fail('file_disguised', { as: 'trail' });
      continue;
    }
    if (kind === 'meta') {
      const body = bytes.subarray(bodyAt);
      if (programIn(body) || holdsActiveText(body)) throw fail('file_disguised', { as: 'metadata' });
    }
    yield bytes;
  }
}

/**
 * The first pieces of a file, as many as it takes to tell what it is: 1,024 bytes or more, or all of a shorter one.
 * @throws AppError `file_empty`
 */
export async function headOf(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < headBytes) {
    const { done, value } = await iterator.next();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  if (length === 0) throw fail('file_empty');
  return Buffer.concat(parts);
}

async function* watched(
  head: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
  zip: ZipWatch
): AsyncGenerator<Uint8Array> {
  zip.push(head);
  yield head;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return;
    zip.push(value);
    yield value;
  }
}
