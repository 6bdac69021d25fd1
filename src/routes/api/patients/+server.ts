import { addPatient } from '#lib/features/patients/patients.server.ts';
import { patientInput } from '#lib/features/patients/schema.ts';
import { answered, jsonBody, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => addPatient(staffApiCall(locals), parsed(patientInput, await jsonBody(request))));
