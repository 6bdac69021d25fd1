import { keepCallStatistic } from '#lib/features/consults/call-statistic.server.ts';
import { sayOnVisit } from '#lib/features/consults/chat.server.ts';
import { showSign } from '#lib/features/consults/moderate.server.ts';
import { currentKey, enterRoom, takeSeat, waitInLobby } from '#lib/features/consults/room.server.ts';
import { visitStep } from '#lib/features/consults/schema.ts';
import { stillWaiting } from '#lib/features/consults/waiting.server.ts';
import { answerOnVisit, askClinic, takeBackRequest } from '#lib/features/consults/visit.server.ts';
import { answered, jsonBody, parsed, visitorCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/**
 * The patient's steps: what they agree to; a place in the waiting room, and that they are still there; once let in, a
 * ticket to the call, then the seat; and what they ask of the clinic.
 */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const call = visitorCall(locals);
    const input = parsed(visitStep, await jsonBody(request));
    const { consultId } = call.actor;
    switch (input.step) {
      case 'wait':
        return { state: await waitInLobby(call) };
      case 'ticket':
        return enterRoom(call, consultId, input);
      case 'seat':
        return takeSeat(call, consultId, input);
      case 'key':
        return currentKey(call, consultId);
      case 'consent':
        return answerOnVisit(call, input);
      case 'ask':
        return askClinic(call, input);
      case 'say':
        return sayOnVisit(call, input.text);
      case 'sign':
        return showSign(call, consultId, input);
      case 'statistic': {
        const { step: _, ...told } = input;
        return keepCallStatistic(call, consultId, told);
      }
      case 'unask':
        return takeBackRequest(call);
      case 'still':
        return stillWaiting(call);
    }
  });
