import { endDelegate } from '#lib/features/patients/delegates.server.ts';
import { answered, idOf, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** They no longer stand by the patient; nothing is removed. */
export const DELETE: RequestHandler = ({ params, locals }) =>
  answered(() => endDelegate(staffApiCall(locals), idOf(params.id)));
