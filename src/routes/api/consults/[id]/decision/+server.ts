import * as v from 'valibot';
import { decideProposal } from '#lib/features/consults/decide.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const decisionInput = v.object({ proposalId: v.string(), decision: v.picklist(['accept', 'reject']) });

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const { proposalId, decision } = parsed(decisionInput, await jsonBody(request));
    return decideProposal(staffApiCall(locals), idOf(params.id), idOf(proposalId), decision);
  });
