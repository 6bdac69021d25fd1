import { redirect } from '@sveltejs/kit';
import { readRules } from '#lib/features/identity/members.server.ts';
import { readCase } from '../../../case.server.ts';
import { idOf, loaded, staffCall } from '../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:consult');
  const call = staffCall(event);
  const { consult, record } = await loaded(readCase(call, idOf(event.params.id)));
  const { idleMinutes } = await loaded(readRules(call));
  // Not accepted yet, or over for this side: the case page says so.
  if (!consult.boardId || !record) redirect(303, `/consults/${consult.id}`);
  const { userId, name, role, clinicId } = call.actor;
  return { consult, record, idleMinutes, boardId: consult.boardId, me: { userId, name, role, clinicId } };
};
