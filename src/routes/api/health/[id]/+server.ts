import { endHealthItem } from '#lib/features/patients/patients.server.ts';
import { answered, idOf, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** It no longer holds: ended, not deleted ([PA-3]). */
export const DELETE: RequestHandler = ({ params, locals }) =>
  answered(() => endHealthItem(staffApiCall(locals), idOf(params.id)));
