import { readReaders } from '#lib/features/record/readers.server.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Who looked at this patient's record. */
export const GET: RequestHandler = ({ locals, params }) =>
  answered(() => readReaders(staffApiCall(locals), idOf(params.id)));
