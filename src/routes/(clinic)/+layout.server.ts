import { countWaiting } from '#lib/features/consults/read.server.ts';
import { readWorkplace } from '#lib/features/identity/member.server.ts';
import { loaded, staffCall } from '../edge.server.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async (event) => {
  event.depends('app:waiting');
  const call = staffCall(event);
  const { name, role, userId, clinicId } = call.actor;
  const [workplace, consultsWaiting] = await loaded(Promise.all([readWorkplace(call), countWaiting(call)]));
  return {
    me: { name, role, userId, clinicId },
    workplace,
    consultsWaiting,
    /** The server's clock, which pages say "today" by. */
    nowMs: call.clock.now().getTime(),
    theme: event.cookies.get('theme') ?? 'system'
  };
};
