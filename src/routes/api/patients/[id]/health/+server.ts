import { addHealthItem } from '#lib/features/patients/patients.server.ts';
import { healthItemInput } from '#lib/features/patients/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** An allergy, a condition or a medication. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return addHealthItem(
      staffApiCall(locals),
      parsed(healthItemInput, { ...body, patientId: idOf(params.id) })
    );
  });
