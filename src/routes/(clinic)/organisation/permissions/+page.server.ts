import { readPermissions } from '#lib/features/record/permissions.server.ts';
import { memberRoles } from '#lib/kernel/actor.ts';
import { loaded, staffCall } from '../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = (event) => {
  const call = staffCall(event);
  return loaded(Promise.resolve().then(() => ({ matrix: readPermissions(call), roles: memberRoles })));
};
