import { redirect } from '@sveltejs/kit';
import { listGlass, reviewGlass } from '#lib/features/consults/break-glass.server.ts';
import { glassReview } from '#lib/features/consults/break-glass.ts';
import { acted, idOf, loaded, parsed, staffCall } from '../../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({ list: await loaded(listGlass(staffCall(event))) });

export const actions: Actions = {
  review: async (event) => {
    const typed = Object.fromEntries(await event.request.formData());
    const refused = await acted(
      () => reviewGlass(staffCall(event), idOf(String(typed['id'] ?? '')), parsed(glassReview, typed)),
      { id: typed['id'], verdict: typed['verdict'], comment: typed['comment'] }
    );
    if (refused) return refused;
    redirect(303, event.url.pathname);
  }
};
