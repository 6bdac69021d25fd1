import { fail } from '#lib/kernel/errors.ts';
import { readChatFile, sendFile } from '#lib/features/consults/chat.server.ts';
import { chatFileInput } from '#lib/features/consults/schema.ts';
import { answered, download, emptyBody, idOf, parsed, staffApiCall } from '../../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/**
 * One file as the raw body, `?name=…&audience=team`. A body of this type cannot be sent from another site's page
 * without asking first.
 */
export const POST: RequestHandler = ({ params, locals, request, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    if (request.headers.get('content-type') !== 'application/octet-stream') throw fail('invalid_input');
    const input = parsed(chatFileInput, Object.fromEntries(url.searchParams));
    const declared = Number(request.headers.get('content-length') ?? Number.NaN);
    return sendFile(call, idOf(params.id), {
      ...input,
      source: request.body ?? emptyBody(),
      declaredBytes: Number.isFinite(declared) ? declared : null
    });
  });

/** `?message=<id>` */
export const GET: RequestHandler = ({ params, locals, url }) =>
  answered(async () =>
    download(
      await readChatFile(
        staffApiCall(locals),
        idOf(params.id),
        idOf(url.searchParams.get('message') ?? undefined)
      )
    )
  );
