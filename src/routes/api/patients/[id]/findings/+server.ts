import { recordFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { findingInput } from '#lib/features/odontogram/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return recordFinding(staffApiCall(locals), parsed(findingInput, { ...body, patientId: idOf(params.id) }));
  });
