import { addDelegate, readDelegates } from '#lib/features/patients/delegates.server.ts';
import { delegateInput } from '#lib/features/patients/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Who stands by a patient. */
export const GET: RequestHandler = ({ params, locals }) =>
  answered(() => readDelegates(staffApiCall(locals), idOf(params.id)));

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const patientId = idOf(params.id);
    const body = (await jsonBody(request)) as object;
    return addDelegate(call, parsed(delegateInput, { ...body, patientId }));
  });
