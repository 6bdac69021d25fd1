import { askErasure, planErasure } from '#lib/features/rights/erasure.server.ts';
import { erasureInput } from '#lib/features/rights/erasure.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A dry run. */
export const GET: RequestHandler = ({ locals, params }) =>
  answered(async () => planErasure(staffApiCall(locals), idOf(params.id)));

export const POST: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const { basis } = parsed(erasureInput, await jsonBody(request));
    return askErasure(staffApiCall(locals), { patientId: idOf(params.id), basis });
  });
