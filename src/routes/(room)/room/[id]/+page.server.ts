import { redirect } from '@sveltejs/kit';
import { readWorkplace } from '#lib/features/identity/member.server.ts';
import { readCase } from '../../../case.server.ts';
import { idOf, loaded, staffCall } from '../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:consult');
  const call = staffCall(event);
  const { consult, record } = await loaded(readCase(call, idOf(event.params.id)));
  const workplace = await loaded(readWorkplace(call));
  // Not accepted yet, or over for this side: the case page says so.
  if (!consult.boardId || !record) redirect(303, `/consults/${consult.id}`);
  const { userId, name, role, clinicId, memberId } = call.actor;
  return {
    consult,
    record,
    workplace,
    boardId: consult.boardId,
    speechHost: event.locals.services.speech.host,
    serverRecords: event.locals.services.egress.configured,
    me: { userId, name, role, clinicId, memberId }
  };
};
