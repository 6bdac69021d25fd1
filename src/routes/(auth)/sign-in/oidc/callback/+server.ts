import { redirect } from '@sveltejs/kit';
import { finishOidc } from '#lib/features/identity/oidc.server.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { safePath, setAll, stepCookie } from '../../../cookies.server.ts';
import { doorOf } from '../../../door.server.ts';
import type { RequestHandler } from './$types';

/** The provider's answer comes as a GET (OpenID Connect Core 3.1.2.5); state, nonce and PKCE bind it to this browser. */
export const GET: RequestHandler = async (event) => {
  const { services } = event.locals;
  const cookie = stepCookie(services, event.cookies, 'oidc');
  const step = cookie.read();
  cookie.drop();
  const result = await finishOidc(
    { ...doorOf(event), settings: services.settings },
    { step, answer: event.url }
  ).catch((error: unknown) => {
    const code = asAppError(error)?.code;
    if (!code) throw error;
    redirect(303, `/sign-in?refused=${code}`);
  });
  const next = safePath(result.next);
  if (result.state === 'signed-in') setAll(event.cookies, result.setCookies);
  else stepCookie(services, event.cookies, 'second-factor').write(result.step);
  redirect(303, result.state === 'signed-in' ? next : `/sign-in/second?next=${encodeURIComponent(next)}`);
};
