import { askExpert } from '#lib/features/consults/ask.server.ts';
import { askInput } from '#lib/features/consults/schema.ts';
import { answered, jsonBody, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ request, locals }) =>
  answered(async () => askExpert(staffApiCall(locals), parsed(askInput, await jsonBody(request))));
