import { withdrawImageInput } from '#lib/features/imaging/schema.ts';
import { restoreImage, withdrawImage } from '#lib/features/imaging/withdraw.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** `{reason}`: out of the record's view. */
export const PUT: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return withdrawImage(
      staffApiCall(locals),
      parsed(withdrawImageInput, { ...body, imageId: idOf(params.id) })
    );
  });

export const DELETE: RequestHandler = ({ locals, params }) =>
  answered(() => restoreImage(staffApiCall(locals), idOf(params.id)));
