import { captionInput, captionSwitch } from '#lib/features/consults/captions.ts';
import { hearUtterance, switchCaptions } from '#lib/features/consults/captions.server.ts';
import { answered, givenIn, idOf, jsonBody, parsed, rawBody, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Turn captions on or off for everybody. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const { on } = parsed(captionSwitch, await jsonBody(request));
    return switchCaptions(staffApiCall(locals), idOf(params.id), on);
  });

/** One utterance of one's own as a WAV file in the raw body, `?language=zh`. */
export const PUT: RequestHandler = ({ params, locals, request, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const source = rawBody(request);
    const { language } = parsed(captionInput, givenIn(url));
    return hearUtterance(call, idOf(params.id), { source, language });
  });
