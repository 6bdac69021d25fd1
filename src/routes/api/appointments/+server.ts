import { bookInput } from '#lib/features/appointments/schema.ts';
import { bookVisit } from '#lib/features/treatment/booking.server.ts';
import { answered, jsonBody, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ request, locals }) =>
  answered(async () => bookVisit(staffApiCall(locals), parsed(bookInput, await jsonBody(request))));
