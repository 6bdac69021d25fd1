import { currentKey, enterRoom, takeSeat } from '#lib/features/consults/room.server.ts';
import { ticketInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    enterRoom(staffApiCall(locals), idOf(params.id), parsed(ticketInput, await jsonBody(request)))
  );

/** Join was pressed: take the held seat. */
export const PUT: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    takeSeat(staffApiCall(locals), idOf(params.id), parsed(ticketInput, await jsonBody(request)))
  );

/** Of who sits in the call: the key as it is now. */
export const PATCH: RequestHandler = ({ params, locals }) =>
  answered(() => currentKey(staffApiCall(locals), idOf(params.id)));
