import { redirect } from '@sveltejs/kit';
import { beginOidc } from '#lib/features/identity/oidc.server.ts';
import { loaded } from '../../../edge.server.ts';
import { nextOf, stepCookie } from '../../cookies.server.ts';
import { doorOf } from '../../door.server.ts';
import type { RequestHandler } from './$types';

/**
 * To the provider. A GET, since our content policy lets no form lead to another site; it begins a step that means
 * nothing without the provider's answer.
 */
export const GET: RequestHandler = async (event) => {
  const { services } = event.locals;
  const door = { ...doorOf(event), settings: services.settings };
  const { url, step } = await loaded(beginOidc(door, nextOf(event.url)));
  stepCookie(services, event.cookies, 'oidc').write(step);
  redirect(303, url);
};
