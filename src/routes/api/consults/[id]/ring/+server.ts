import { ringFor } from '#lib/features/consults/waiting.server.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** May this browser ring for who waits? One at a time is told yes. */
export const POST: RequestHandler = ({ params, locals }) =>
  answered(() => ringFor(staffApiCall(locals), idOf(params.id)));
