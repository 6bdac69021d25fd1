import { endGuest, guestChoices, inviteGuest, leaveConsult } from '#lib/features/consults/guests.server.ts';
import { guestInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Which further specialists can be invited. */
export const GET: RequestHandler = ({ params, locals }) =>
  answered(async () => guestChoices(staffApiCall(locals), idOf(params.id)));

/** Invite one. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    inviteGuest(staffApiCall(locals), idOf(params.id), parsed(guestInput, await jsonBody(request)))
  );

/** Take an invitation back, with `?guest=<id>`; without, leave by oneself. */
export const DELETE: RequestHandler = ({ params, locals, url }) =>
  answered(async () => {
    const guest = url.searchParams.get('guest');
    const consultId = idOf(params.id);
    return guest === null
      ? leaveConsult(staffApiCall(locals), consultId)
      : endGuest(staffApiCall(locals), consultId, idOf(guest));
  });
