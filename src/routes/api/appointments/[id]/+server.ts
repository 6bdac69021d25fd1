import { moveInput } from '#lib/features/appointments/schema.ts';
import { moveVisit } from '#lib/features/treatment/booking.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PATCH: RequestHandler = ({ params, request, locals }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return moveVisit(staffApiCall(locals), parsed(moveInput, { ...body, id: idOf(params.id) }));
  });
