import { askCorrection } from '#lib/features/rights/corrections.server.ts';
import { correctionInput } from '#lib/features/rights/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const input = parsed(correctionInput, await jsonBody(request));
    return askCorrection(staffApiCall(locals), { ...input, patientId: idOf(params.id) });
  });
