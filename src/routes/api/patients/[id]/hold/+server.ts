import { liftHold, setHold } from '#lib/features/rights/deletion.server.ts';
import { reasonInput } from '#lib/features/rights/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const { reason } = parsed(reasonInput, await jsonBody(request));
    return setHold(staffApiCall(locals), { patientId: idOf(params.id), reason });
  });

/** With a body: lifting needs a reason as setting does. */
export const DELETE: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const { reason } = parsed(reasonInput, await jsonBody(request));
    return liftHold(staffApiCall(locals), { patientId: idOf(params.id), reason });
  });
