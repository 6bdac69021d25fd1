import { summaryInput } from '#lib/features/consults/schema.ts';
import { writePatientSummary } from '#lib/features/consults/visit.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** What the patient reads on their page once the consult is over. */
export const PUT: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const { text } = parsed(summaryInput, await jsonBody(request));
    return writePatientSummary(call, idOf(params.id), text);
  });
