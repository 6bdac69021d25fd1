import { askDeletion } from '#lib/features/rights/deletion.server.ts';
import { reasonInput } from '#lib/features/rights/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A wish, written down; deletes nothing. */
export const POST: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const { reason } = parsed(reasonInput, await jsonBody(request));
    return askDeletion(staffApiCall(locals), { patientId: idOf(params.id), reason });
  });
