import { redirect } from '@sveltejs/kit';
import { tryToEndPushOf } from '#lib/features/notifications/push.server.ts';
import { parseSetCookie } from '../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = async ({ request, locals, cookies, url }) => {
  // [NO-20] Who leaves is called here no more; a device that was only left alone is.
  const { services, request: from, member } = locals;
  if (member && !url.searchParams.has('idle'))
    await tryToEndPushOf({ ...services, request: from, actor: member }, { id: member.sessionId });
  const setCookies = await services.auth.signOut(request.headers);
  // Open boards and streams of this session end now, not at their next look at the clock.
  if (member)
    await services.live.publish({
      topic: 'access',
      name: 'session.ended',
      data: { userId: member.userId }
    });
  for (const cookie of setCookies.map(parseSetCookie)) cookies.set(cookie.name, cookie.value, cookie.options);
  redirect(303, '/sign-in');
};
