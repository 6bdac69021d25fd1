import { enterRoom } from '#lib/features/consults/room.server.ts';
import { answered, idOf, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals }) =>
  answered(() => enterRoom(staffApiCall(locals), idOf(params.id)));
