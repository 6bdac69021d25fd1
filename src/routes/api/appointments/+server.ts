import { book } from '#lib/features/appointments/book.server.ts';
import { bookInput } from '#lib/features/appointments/schema.ts';
import { answered, jsonBody, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ request, locals }) =>
  answered(async () => book(staffApiCall(locals), parsed(bookInput, await jsonBody(request))));
