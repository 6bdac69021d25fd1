import { invitePatient } from '#lib/features/consults/invite.server.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const { path, expiresAt } = await invitePatient(call, idOf(params.id));
    return { url: call.settings.origin + path, expiresAt };
  });
