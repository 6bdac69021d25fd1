import { redirect } from '@sveltejs/kit';
import { acceptInvitation, readInvitation } from '#lib/features/identity/invitations.server.ts';
import { acted, loaded } from '../../../edge.server.ts';
import { setAll } from '../../cookies.server.ts';
import { doorOf } from '../../door.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = (event) => loaded(readInvitation(doorOf(event), event.params.token));

export const actions: Actions = {
  default: async (event) => {
    const password = String((await event.request.formData()).get('password') ?? '').slice(0, 256);
    const door = { ...doorOf(event), db: event.locals.services.db };
    const result = await acted(() => acceptInvitation(door, event.params.token, password));
    if (!('state' in result)) return result;
    if (result.state !== 'signed-in') redirect(303, '/sign-in?notice=joined');
    setAll(event.cookies, result.setCookies);
    redirect(303, '/');
  }
};
