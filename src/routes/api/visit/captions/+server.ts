import { captionInput } from '#lib/features/consults/captions.ts';
import { hearUtterance } from '#lib/features/consults/captions.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { answered, emptyBody, givenIn, parsed, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** One utterance of the patient's as a WAV file in the raw body, `?language=zh`. */
export const PUT: RequestHandler = ({ locals, request, url }) =>
  answered(async () => {
    const call = visitorCall(locals);
    if (request.headers.get('content-type') !== 'application/octet-stream') throw fail('invalid_input');
    const { language } = parsed(captionInput, givenIn(url));
    return hearUtterance(call, call.actor.consultId, { source: request.body ?? emptyBody(), language });
  });
