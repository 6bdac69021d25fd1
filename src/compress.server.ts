import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const [brotli, zip] = [promisify(brotliCompress), promisify(gzip)];
/** Below it a packet is saved at most. */
const leastBytes = 1_024;
/** A page in about a millisecond; the last tenth would take many times that. */
const [brotliQuality, gzipLevel] = [4, 4];

/**
 * A page as a smaller answer, where that tells nobody anything; any other answer as it is. How long a compressed answer is
 * tells, try by try, whether what somebody slipped into it also stands elsewhere in it (BREACH). So nothing is compressed
 * that a page of another site, or our own script in answer to news, can ask for again and again: only pages that somebody
 * opened from ours or by themselves (docs/security.md).
 */
export async function compressed({ headers, method }: Request, response: Response): Promise<Response> {
  if (!isPage(response) || method === 'HEAD') return response;
  // Also of answers that are not compressed: a cache must not give one to whoever cannot read it.
  response.headers.append('vary', 'Accept-Encoding, Sec-Fetch-Site, Sec-Fetch-Dest');
  const encoding = encodingOf(headers.get('accept-encoding') ?? '');
  if (!encoding || !isOwnVisit(headers)) return response;
  const bytes = Buffer.from(await response.arrayBuffer());
  const { status, statusText } = response;
  const own = new Headers(response.headers);
  if (bytes.length < leastBytes) return new Response(bytes, { status, statusText, headers: own });
  const body = await (encoding === 'br'
    ? brotli(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length
        }
      })
    : zip(bytes, { level: gzipLevel }));
  own.set('content-encoding', encoding);
  own.set('content-length', String(body.length));
  // It names these very bytes of another form of them; pages are not stored anyway.
  own.delete('etag');
  return new Response(new Uint8Array(body), { status, statusText, headers: own });
}

/** Whole, as the server drew it: no part of a file, nothing that is in another form already. */
function isPage({ body, headers, status }: Response): boolean {
  return (
    body !== null &&
    status !== 206 &&
    !headers.has('content-encoding') &&
    (headers.get('content-type') ?? '').startsWith('text/html')
  );
}

/** Browsers say it, and no page can say it for them; over plain http they do not, nor do old ones. */
function isOwnVisit(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site');
  return headers.get('sec-fetch-dest') === 'document' && (site === 'same-origin' || site === 'none');
}

/** The smaller of what is accepted (RFC 9110, 12.5.3). */
function encodingOf(accepted: string): 'br' | 'gzip' | null {
  const names = new Set(
    accepted.split(',').flatMap((one) => {
      const [name, ...weights] = one
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      return weights.some((weight) => /^q=0(\.0*)?$/.test(weight)) ? [] : [name];
    })
  );
  return names.has('br') ? 'br' : names.has('gzip') ? 'gzip' : null;
}
