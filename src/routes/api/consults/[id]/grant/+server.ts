import { addToGrant, changeGrantEnd, endGrant, takeBack } from '#lib/features/consults/grants.server.ts';
import { grantAddInput, grantEndInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Open more of the record to the expert. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    addToGrant(staffApiCall(locals), idOf(params.id), parsed(grantAddInput, await jsonBody(request)))
  );

/** Another end. */
export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    changeGrantEnd(staffApiCall(locals), idOf(params.id), parsed(grantEndInput, await jsonBody(request)))
  );

/** Take one thing back, with `?item=<id>`, or end all of it. */
export const DELETE: RequestHandler = ({ params, locals, url }) =>
  answered(async () => {
    const item = url.searchParams.get('item');
    const consultId = idOf(params.id);
    return item === null
      ? endGrant(staffApiCall(locals), consultId)
      : takeBack(staffApiCall(locals), consultId, idOf(item));
  });
