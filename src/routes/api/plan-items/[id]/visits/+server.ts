import { recordVisit } from '#lib/features/treatment/progress.server.ts';
import { itemVisitInput } from '#lib/features/treatment/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, request, locals }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return recordVisit(staffApiCall(locals), parsed(itemVisitInput, { ...body, itemId: idOf(params.id) }));
  });
