import { redirect } from '@sveltejs/kit';
import { doorState, isLinkOf, passDoor, visitCookie } from '#lib/features/consults/invite.server.ts';
import { readVisit } from '#lib/features/consults/visit.server.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { acted, visitorCall } from '../../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ params, locals, depends }) => {
  depends('app:visit');
  try {
    const { visitor, services } = locals;
    if (visitor && (await isLinkOf(services, params.token, visitor)))
      return {
        door: 'open' as const,
        visit: await readVisit(visitorCall(locals)),
        speechHost: services.speech.host
      };
    return { door: await doorState(services, params.token), visit: null };
  } catch (cause) {
    // A guessed link is told apart from nothing: the page says it is not valid and what to do.
    if (asAppError(cause)?.code === 'link_invalid') return { door: 'invalid' as const, visit: null };
    throw cause;
  }
};

export const actions: Actions = {
  default: async ({ params, locals, request, cookies, url }) => {
    const digits = String((await request.formData()).get('digits') ?? '').trim();
    const refused = await acted(async () => {
      const { secret, expiresAt } = await passDoor(
        { ...locals.services, request: locals.request },
        { token: params.token, digits }
      );
      const { services } = locals;
      cookies.set(visitCookie(services), secret, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: services.auth.secure,
        expires: expiresAt
      });
    });
    if (refused) return refused;
    // Asked for anew, so that it is read as who has passed the door; a form sent before the script has come included.
    redirect(303, url.pathname);
  }
};
