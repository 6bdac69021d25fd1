import { setThreadResolved } from '#lib/features/consults/comments.server.ts';
import { threadInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Set a thread to done, or take it up again. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    setThreadResolved(staffApiCall(locals), idOf(params.id), parsed(threadInput, await jsonBody(request)))
  );
