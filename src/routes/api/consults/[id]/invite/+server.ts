import { invitePatient, unlockInvite } from '#lib/features/consults/invite.server.ts';
import { inviteInput, unlockInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A link for the patient, or with `{delegateId}` for one who stands by them. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const { delegateId } = parsed(inviteInput, await jsonBody(request));
    const { path, expiresAt } = await invitePatient(call, idOf(params.id), delegateId);
    return { url: call.settings.origin + path, expiresAt };
  });

/** Unlock a link that had five wrong tries. */
export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    return unlockInvite(call, idOf(params.id), parsed(unlockInput, await jsonBody(request)));
  });
