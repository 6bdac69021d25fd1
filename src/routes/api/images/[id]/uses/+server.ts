import { imageUses } from '#lib/features/consults/share.server.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Consults whose board shows this image. */
export const GET: RequestHandler = ({ locals, params }) =>
  answered(() => imageUses(staffApiCall(locals), idOf(params.id)));
