import { saveOpinion, signOpinion } from '#lib/features/consults/advise.server.ts';
import { opinionInput, signInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    saveOpinion(staffApiCall(locals), idOf(params.id), parsed(opinionInput, await jsonBody(request)))
  );

/** Sign what was saved. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    signOpinion(staffApiCall(locals), idOf(params.id), parsed(signInput, await jsonBody(request)).password)
  );
