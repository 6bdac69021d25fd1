import { readWorkplace } from '#lib/features/identity/member.server.ts';
import { loaded, staffCall } from '../edge.server.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async (event) => {
  const call = staffCall(event);
  const { name, role, userId, clinicId } = call.actor;
  return {
    me: { name, role, userId, clinicId },
    workplace: await loaded(readWorkplace(call)),
    /** The server's clock, which pages say "today" by. */
    nowMs: call.clock.now().getTime(),
    theme: event.cookies.get('theme') ?? 'system'
  };
};
