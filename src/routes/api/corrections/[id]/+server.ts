import { decideCorrection } from '#lib/features/rights/corrections.server.ts';
import { correctionDecision } from '#lib/features/rights/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const input = parsed(correctionDecision, await jsonBody(request));
    return decideCorrection(staffApiCall(locals), { ...input, id: idOf(params.id) });
  });
