import { endCallRequest, numberToCall } from '#lib/features/consults/call-request.server.ts';
import { callOutcomeInput, requestInput } from '#lib/features/consults/schema.ts';
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

/** The number of who asked to be called: a look that is written down, so no GET. */
export const PUT: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const { requestId } = parsed(requestInput, await jsonBody(request));
    return numberToCall(staffApiCall(locals), idOf(params.id), requestId);
  });

/** How the call went. */
export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    endCallRequest(staffApiCall(locals), idOf(params.id), parsed(callOutcomeInput, await jsonBody(request)))
  );
