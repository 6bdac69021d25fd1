import { readChatFile, sendFile } from '#lib/features/consults/chat.server.ts';
import { chatFileInput } from '#lib/features/consults/schema.ts';
import { answered, download, idOf, parsed, rawBody, staffApiCall } from '../../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** One file as the raw body, `?name=…&audience=team`. */
export const POST: RequestHandler = ({ params, locals, request, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const source = rawBody(request);
    const input = parsed(chatFileInput, Object.fromEntries(url.searchParams));
    const declared = Number(request.headers.get('content-length') ?? Number.NaN);
    return sendFile(call, idOf(params.id), {
      ...input,
      source,
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
