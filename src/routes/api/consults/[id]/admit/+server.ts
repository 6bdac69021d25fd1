import { seatInput } from '#lib/features/consults/schema.ts';
import { admitPatient } from '#lib/features/consults/room.server.ts';
import { holdPatient } from '#lib/features/consults/waiting.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const { identity } = parsed(seatInput, await jsonBody(request));
    return admitPatient(staffApiCall(locals), idOf(params.id), identity);
  });

/** Ask them to wait on. */
export const DELETE: RequestHandler = ({ params, locals, url }) =>
  answered(async () => {
    const { identity } = parsed(seatInput, { identity: url.searchParams.get('seat') });
    return holdPatient(staffApiCall(locals), idOf(params.id), identity);
  });
