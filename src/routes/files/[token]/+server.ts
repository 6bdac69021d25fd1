import { readByLink } from '#lib/features/imaging/file-link.server.ts';
import { answered } from '../../edge.server.ts';
import { fileResponse } from '../../api/images/send.server.ts';
import type { RequestHandler } from './$types';

/** A file to take away, for whoever holds its address. hooks.server.ts reads no cookie on this path. */
export const GET: RequestHandler = ({ locals, params }) =>
  answered(async () =>
    fileResponse(await readByLink({ ...locals.services, request: locals.request }, params.token))
  );
