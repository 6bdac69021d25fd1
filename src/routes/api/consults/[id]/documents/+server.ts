import { readDocument } from '#lib/features/consults/close.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { answered, bodyOf, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** `?kind=opinion-pdf&locale=zh-CN` or `?kind=board-png`. */
export const GET: RequestHandler = ({ params, locals, url }) =>
  answered(async () => {
    const kind = url.searchParams.get('kind');
    if (kind !== 'opinion-pdf' && kind !== 'board-png') throw fail('not_found');
    const locale = url.searchParams.get('locale') ?? '';
    const { bytes, size, number } = await readDocument(staffApiCall(locals), idOf(params.id), {
      kind,
      locale
    });
    const pdf = kind === 'opinion-pdf';
    return new Response(bodyOf(bytes), {
      headers: {
        'content-type': pdf ? 'application/pdf' : 'image/png',
        'content-length': String(size),
        'content-disposition': `inline; filename="${number}${pdf ? `-${locale}.pdf` : '.png'}"`,
        'cache-control': 'private, no-store',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'"
      }
    });
  });
