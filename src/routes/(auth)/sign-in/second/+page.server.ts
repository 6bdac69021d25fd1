import { redirect } from '@sveltejs/kit';
import { readStep } from '#lib/features/identity/sign-in.server.ts';
import { finishWithCode } from '#lib/features/identity/second-factor.server.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { acted } from '../../../edge.server.ts';
import { nextOf, setAll, stepCookie } from '../../cookies.server.ts';
import { doorOf } from '../../door.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const step = stepCookie(event.locals.services, event.cookies, 'second-factor').read();
  try {
    await readStep(doorOf(event), 'second-factor', step);
  } catch (error) {
    if (!asAppError(error)) throw error;
    redirect(303, '/sign-in');
  }
  return { next: nextOf(event.url) };
};

export const actions: Actions = {
  default: async (event) => {
    const { locals, cookies, request, url } = event;
    const code = String((await request.formData()).get('code') ?? '').slice(0, 40);
    const cookie = stepCookie(locals.services, cookies, 'second-factor');
    const result = await acted(() => finishWithCode(doorOf(event), cookie.read(), code));
    if (!('state' in result)) return result;
    if (result.state === 'signed-in') setAll(cookies, result.setCookies);
    cookie.drop();
    redirect(303, nextOf(url));
  }
};
