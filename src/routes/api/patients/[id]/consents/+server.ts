import { answerAtClinic, readConsents } from '#lib/features/consent/answer.server.ts';
import { clinicAnswersInput } from '#lib/features/consent/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Where the people of a patient stand. */
export const GET: RequestHandler = ({ params, locals }) =>
  answered(() => readConsents(staffApiCall(locals), idOf(params.id)));

/** What somebody of the patient's side said at the clinic. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const input = parsed(clinicAnswersInput, await jsonBody(request));
    return answerAtClinic(call, idOf(params.id), input);
  });
