import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
/** Against a damaged row that would swell without end. */
const maxBytes = 256 * 1024 * 1024;

/** Fewer bytes that say the same, found off the main thread: what Yjs writes shrinks to a fifth or less. */
export function pack(bytes: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 5,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength
  };
  return compress(bytes, { params });
}

/** @throws where the bytes are none of `pack` */
export function unpack(packed: Uint8Array): Promise<Uint8Array> {
  return decompress(packed, { maxOutputLength: maxBytes });
}
