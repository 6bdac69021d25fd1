import { redirect } from '@sveltejs/kit';
import { endPushOf } from '#lib/features/notifications/push.server.ts';
import { parseSetCookie } from '../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = async ({ request, locals, cookies, url }) => {
  // [NO-20] Who leaves is called here no more; a device that was only left alone is.
  const { services, request: from, member } = locals;
  if (member && !url.searchParams.has('idle'))
    await endPushOf({ ...services, request: from, actor: member }, { id: member.sessionId }).catch(
      // Nobody stays signed in for that; what is called tells nothing of a patient.
      (error: unknown) =>
        services.log.error(
          { name: error instanceof Error ? error.name : 'unknown' },
          'a device is still called after its person signed out'
        )
    );
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
