import { captionInput } from '#lib/features/consults/captions.ts';
import { hearUtterance } from '#lib/features/consults/captions.server.ts';
import { answered, givenIn, parsed, rawBody, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** One utterance of the patient's as a WAV file in the raw body, `?language=zh`. */
export const PUT: RequestHandler = ({ locals, request, url }) =>
  answered(async () => {
    const call = visitorCall(locals);
    const source = rawBody(request);
    const { language } = parsed(captionInput, givenIn(url));
    return hearUtterance(call, call.actor.consultId, { source, language });
  });
