import * as v from 'valibot';
import { enterRoom, waitInLobby } from '#lib/features/consults/room.server.ts';
import { answered, jsonBody, parsed, visitorCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

const stepInput = v.object({ step: v.picklist(['wait', 'ticket']) });

/** The patient's two steps: take a place in the waiting room; once let in, a ticket to the call. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const call = visitorCall(locals);
    const { step } = parsed(stepInput, await jsonBody(request));
    return step === 'wait' ? { state: await waitInLobby(call) } : enterRoom(call, call.actor.consultId);
  });
