import { addNote } from '#lib/features/patients/patients.server.ts';
import { noteInput } from '#lib/features/patients/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return addNote(staffApiCall(locals), parsed(noteInput, { ...body, patientId: idOf(params.id) }));
  });
