import { sayInConsult } from '#lib/features/consults/chat.server.ts';
import { messageInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    sayInConsult(staffApiCall(locals), idOf(params.id), parsed(messageInput, await jsonBody(request)))
  );
