import { closeConsult } from '#lib/features/consults/close.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const maxPngBytes = 24 * 1024 * 1024;

/** Body: the board's last picture as image/png, or nothing. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    if (Number(request.headers.get('content-length') ?? 0) > maxPngBytes)
      throw fail('file_too_large', { maxMb: 24 });
    const png = new Uint8Array(await request.arrayBuffer());
    await closeConsult(staffApiCall(locals), idOf(params.id), png.length ? png : null);
  });
