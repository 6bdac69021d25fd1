import * as v from 'valibot';
import { enterRoom, takeSeat, waitInLobby } from '#lib/features/consults/room.server.ts';
import { answered, jsonBody, parsed, visitorCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

const stepInput = v.object({
  step: v.picklist(['wait', 'ticket', 'seat']),
  held: v.optional(v.boolean(), false)
});

/** The patient's steps: a place in the waiting room; once let in, a ticket to the call; then the seat. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const call = visitorCall(locals);
    const { step, held } = parsed(stepInput, await jsonBody(request));
    const { consultId } = call.actor;
    if (step === 'wait') return { state: await waitInLobby(call) };
    return step === 'seat' ? takeSeat(call, consultId) : enterRoom(call, consultId, { held });
  });
