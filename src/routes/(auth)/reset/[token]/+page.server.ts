import { redirect } from '@sveltejs/kit';
import { readReset, resetPassword } from '#lib/features/identity/reset.server.ts';
import { acted, loaded } from '../../../edge.server.ts';
import { doorOf } from '../../door.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = (event) => loaded(readReset(doorOf(event), event.params.token));

export const actions: Actions = {
  default: async (event) => {
    const password = String((await event.request.formData()).get('password') ?? '').slice(0, 256);
    const refused = await acted(async () => {
      await resetPassword(doorOf(event), event.params.token, password);
      return null;
    });
    if (refused) return refused;
    redirect(303, '/sign-in?notice=reset');
  }
};
