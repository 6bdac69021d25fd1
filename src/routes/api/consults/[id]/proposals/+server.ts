import { propose, withdrawProposal } from '#lib/features/consults/advise.server.ts';
import { proposalInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    propose(staffApiCall(locals), idOf(params.id), parsed(proposalInput, await jsonBody(request)))
  );

export const DELETE: RequestHandler = ({ params, locals, url }) =>
  answered(() =>
    withdrawProposal(
      staffApiCall(locals),
      idOf(params.id),
      idOf(url.searchParams.get('proposal') ?? undefined)
    )
  );
