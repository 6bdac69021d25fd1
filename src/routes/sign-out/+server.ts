import { redirect } from '@sveltejs/kit';
import { parseSetCookie } from '../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = async ({ request, locals, cookies }) => {
  const setCookies = await locals.services.auth.signOut(request.headers);
  for (const cookie of setCookies.map(parseSetCookie)) cookies.set(cookie.name, cookie.value, cookie.options);
  redirect(303, '/sign-in');
};
