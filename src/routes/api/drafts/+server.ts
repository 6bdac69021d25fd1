import { discardDraft, saveDraft } from '#lib/features/consults/ask.server.ts';
import { draftInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PUT: RequestHandler = ({ request, locals }) =>
  answered(async () => saveDraft(staffApiCall(locals), parsed(draftInput, await jsonBody(request))));

export const DELETE: RequestHandler = ({ url, locals }) =>
  answered(() => discardDraft(staffApiCall(locals), idOf(url.searchParams.get('patient') ?? undefined)));
