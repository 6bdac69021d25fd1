import { fail as formFail, redirect } from '@sveltejs/kit';
import { parseSetCookie } from '../../edge.server.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import type { Actions, PageServerLoad } from './$types';

/** Where to go after sign-in: a path of ours, never another site. */
function nextOf(url: URL): string {
  const next = url.searchParams.get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

export const load: PageServerLoad = async ({ locals, url }) => {
  if (locals.member) redirect(303, nextOf(url));
  return { demo: locals.services.settings.demo ? locals.services.demoSignIns : null };
};

export const actions: Actions = {
  default: async ({ request, locals, url, cookies }) => {
    const form = await request.formData();
    const email = String(form.get('email') ?? '').slice(0, 200);
    const password = String(form.get('password') ?? '').slice(0, 256);
    try {
      const { setCookies } = await locals.services.auth.signIn({ email, password, headers: request.headers });
      for (const cookie of setCookies.map(parseSetCookie))
        cookies.set(cookie.name, cookie.value, cookie.options);
    } catch (cause) {
      const known = asAppError(cause);
      if (known) return formFail(known.status, { code: known.code, detail: known.detail, email });
      throw cause;
    }
    redirect(303, nextOf(url));
  }
};
