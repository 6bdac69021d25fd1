import { requestInput } from '#lib/features/consults/schema.ts';
import { handleRequest } from '#lib/features/consults/visit.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** What the patient asked for has been seen to. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const { requestId } = parsed(requestInput, await jsonBody(request));
    return handleRequest(call, idOf(params.id), requestId);
  });
