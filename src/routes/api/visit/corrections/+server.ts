import { askCorrection, listOwnCorrections } from '#lib/features/rights/corrections.server.ts';
import { correctionInput } from '#lib/features/rights/schema.ts';
import { answered, jsonBody, parsed, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** What the visiting patient asked to be corrected through this link. */
export const GET: RequestHandler = ({ locals }) => answered(() => listOwnCorrections(visitorCall(locals)));

export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const call = visitorCall(locals);
    const input = parsed(correctionInput, await jsonBody(request));
    return askCorrection(call, { ...input, patientId: call.actor.patientId });
  });
