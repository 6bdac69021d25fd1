import { seatMoveInput, slotInput, visitMessageInput } from '#lib/features/consults/schema.ts';
import { moveVisit } from '#lib/features/consults/visit.server.ts';
import { moveToRoom, tellPatient } from '#lib/features/consults/waiting.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Say something to the patient's page. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    return tellPatient(call, idOf(params.id), parsed(visitMessageInput, await jsonBody(request)));
  });

/** Take who waits to another room. */
export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    return moveToRoom(call, idOf(params.id), parsed(seatMoveInput, await jsonBody(request)));
  });

/** Agree on another time. */
export const PUT: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const { slotAt } = parsed(slotInput, await jsonBody(request));
    return moveVisit(call, idOf(params.id), slotAt === null ? null : new Date(slotAt));
  });
