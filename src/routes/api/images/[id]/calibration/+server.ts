import { calibrateImage } from '#lib/features/imaging/read.server.ts';
import { calibrateSchema } from '#lib/features/imaging/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Set the scale of a picture: `{mmPerPixel, knownObject}`. */
export const PUT: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const body = await jsonBody(request);
    const given = typeof body === 'object' && body !== null ? body : {};
    return calibrateImage(call, parsed(calibrateSchema, { ...given, imageId: idOf(params.id) }));
  });
