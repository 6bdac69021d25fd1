import { setItemStatus } from '#lib/features/treatment/progress.server.ts';
import { itemStatusInput } from '#lib/features/treatment/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const PATCH: RequestHandler = ({ params, request, locals }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return setItemStatus(staffApiCall(locals), parsed(itemStatusInput, { ...body, itemId: idOf(params.id) }));
  });
