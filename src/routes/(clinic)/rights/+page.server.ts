import { changeRetention, listErasures, readRetention } from '#lib/features/rights/erasure.server.ts';
import { mayReadRegister, rightsOf } from '#lib/features/rights/policy.server.ts';
import { readQueue } from '#lib/features/rights/read.server.ts';
import { retentionInput } from '#lib/features/rights/schema.ts';
import { acted, loaded, parsed, staffCall } from '../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:rights');
  const call = staffCall(event);
  const { actor } = call;
  const [queue, erasures] = await loaded(Promise.all([readQueue(call), listErasures(call)]));
  return {
    queue,
    erasures,
    mayReadRegister: mayReadRegister(actor),
    retentionYears: rightsOf(actor, actor.organisationId).hold ? await loaded(readRetention(call)) : null
  };
};

export const actions: Actions = {
  retention: async (event) => {
    const years = Number((await event.request.formData()).get('years'));
    return acted(async () => {
      await changeRetention(staffCall(event), parsed(retentionInput, { years }).years);
      return {};
    });
  }
};
