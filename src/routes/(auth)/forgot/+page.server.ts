import { requestReset } from '#lib/features/identity/reset.server.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import { acted } from '../../edge.server.ts';
import { doorOf } from '../door.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals }) => ({ mail: locals.services.mail.configured });

export const actions: Actions = {
  default: async (event) => {
    const email = String((await event.request.formData()).get('email') ?? '').slice(0, 200);
    const locale = getLocale() === 'en' ? 'en' : 'zh-CN';
    return acted(
      async () => {
        await requestReset({ ...doorOf(event), mail: event.locals.services.mail }, { email, locale });
        return { sent: true };
      },
      { email }
    );
  }
};
