import { fail } from '#lib/kernel/errors.ts';
import { sendStill } from '#lib/features/consults/still.server.ts';
import { answered, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A JPEG as the raw body: a type that cannot be sent from another site's page without asking first. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const call = visitorCall(locals);
    if (request.headers.get('content-type') !== 'image/jpeg' || !request.body) throw fail('invalid_input');
    const declared = Number(request.headers.get('content-length') ?? Number.NaN);
    return sendStill(call, {
      source: request.body,
      declaredBytes: Number.isFinite(declared) ? declared : null
    });
  });
