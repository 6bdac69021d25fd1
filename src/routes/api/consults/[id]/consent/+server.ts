import { answersInput } from '#lib/features/consent/schema.ts';
import { answerInRoom } from '#lib/features/consults/recording.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A member of the staff says whether they may be recorded in this consult. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    return answerInRoom(call, idOf(params.id), parsed(answersInput, await jsonBody(request)));
  });
