import { readReaders } from '#lib/features/record/readers.server.ts';
import { answered, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Who looked at the visiting patient's own record. */
export const GET: RequestHandler = ({ locals }) =>
  answered(() => {
    const call = visitorCall(locals);
    return readReaders(call, call.actor.patientId);
  });
