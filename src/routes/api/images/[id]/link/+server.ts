import { makeFileLink } from '#lib/features/imaging/file-link.server.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** An address for taking the original file away: `{path, expiresAt}`. */
export const POST: RequestHandler = ({ locals, params }) =>
  answered(() => makeFileLink(staffApiCall(locals), idOf(params.id)));
