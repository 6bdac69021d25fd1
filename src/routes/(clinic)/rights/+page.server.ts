import { mayReadRegister } from '#lib/features/rights/policy.server.ts';
import { readQueue } from '#lib/features/rights/read.server.ts';
import { loaded, staffCall } from '../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = staffCall(event);
  return { queue: await loaded(readQueue(call)), mayReadRegister: mayReadRegister(call.actor) };
};
