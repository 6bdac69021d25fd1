import * as v from 'valibot';
import { enterRoom, takeSeat } from '#lib/features/consults/room.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const ticketInput = v.object({ held: v.optional(v.boolean(), false) });

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    enterRoom(staffApiCall(locals), idOf(params.id), parsed(ticketInput, await jsonBody(request)))
  );

/** Join was pressed: take the held seat. */
export const PUT: RequestHandler = ({ params, locals }) =>
  answered(() => takeSeat(staffApiCall(locals), idOf(params.id)));
