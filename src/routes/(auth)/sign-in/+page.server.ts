import { fail as formFail, redirect } from '@sveltejs/kit';
import { signIn } from '#lib/features/identity/sign-in.server.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { nextOf, setAll, stepCookie } from '../cookies.server.ts';
import { doorOf } from '../door.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals, url }) => {
  if (locals.member) redirect(303, nextOf(url));
  return { demo: locals.services.settings.demo ? locals.services.demoSignIns : null };
};

export const actions: Actions = {
  default: async (event) => {
    const { request, locals, url, cookies } = event;
    const form = await request.formData();
    const email = String(form.get('email') ?? '').slice(0, 200);
    const password = String(form.get('password') ?? '').slice(0, 256);
    try {
      const result = await signIn(doorOf(event), { email, password });
      if (result.state === 'signed-in') setAll(cookies, result.setCookies);
      else stepCookie(locals.services, cookies, 'second-factor').write(result.step);
      if (result.state === 'second-factor')
        return redirect(303, `/sign-in/second?next=${encodeURIComponent(nextOf(url))}`);
    } catch (cause) {
      const known = asAppError(cause);
      if (known) return formFail(known.status, { code: known.code, detail: known.detail, email });
      throw cause;
    }
    redirect(303, nextOf(url));
  }
};
