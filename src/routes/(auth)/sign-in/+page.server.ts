import { fail as formFail, redirect } from '@sveltejs/kit';
import { signIn } from '#lib/features/identity/sign-in.server.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { nextOf, setAll, stepCookie } from '../cookies.server.ts';
import { doorOf } from '../door.server.ts';
import type { Actions, PageServerLoad } from './$types';

const notices = ['idle', 'reset', 'joined'] as const;

/** What a sign-in elsewhere can end with. */
const refusals = ['oidc_failed', 'oidc_unknown_person', 'session_ended', 'too_many_tries'] as const;

export const load: PageServerLoad = async ({ locals, url }) => {
  if (locals.member) redirect(303, nextOf(url));
  if (locals.choosing) redirect(303, `/place?next=${encodeURIComponent(nextOf(url))}`);
  const notice = notices.find((one) => one === url.searchParams.get('notice')) ?? null;
  const refused = refusals.find((one) => one === url.searchParams.get('refused')) ?? null;
  const oidc = locals.services.auth.oidc?.name ?? null;
  return {
    notice,
    refused,
    oidc,
    next: nextOf(url),
    demo: locals.services.settings.demo ? locals.services.demoSignIns : null
  };
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
