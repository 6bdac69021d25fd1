import { decideErasure } from '#lib/features/rights/erasure.server.ts';
import { erasureDecision } from '#lib/features/rights/erasure.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const { decision } = parsed(erasureDecision, await jsonBody(request));
    return decideErasure(staffApiCall(locals), idOf(params.id), decision);
  });
