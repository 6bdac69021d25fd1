import type { RequestEvent } from '@sveltejs/kit';
import type { Standing } from '#lib/features/identity/member.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { placeHeader } from '#lib/kernel/place.ts';

/**
 * [ID-32] A tab drawn for one organisation does not act in another. Pages say whom they were drawn for with each
 * request of theirs; whoever works in several organisations must.
 */
export function placeRefusal(
  { request, route, url }: Pick<RequestEvent, 'request' | 'route' | 'url'>,
  { member, enrolling, places }: Standing
): Response | null {
  const memberId = (member ?? enrolling)?.memberId;
  const drawnFor = request.headers.get(placeHeader);
  const acts = !['GET', 'HEAD'].includes(request.method);
  const elsewhere = drawnFor === null ? acts && places > 1 : drawnFor !== memberId;
  if (!memberId || !elsewhere || route.id === '/sign-out' || /^\/\((auth|patient)\)/.test(route.id ?? ''))
    return null;
  const { code, status } = fail('place_changed');
  const headers = { 'cache-control': 'no-store', [placeHeader]: memberId };
  if (request.headers.has('x-sveltekit-action'))
    // Kit's form answer, its data in devalue's form.
    return Response.json(
      { type: 'failure', status, data: JSON.stringify([{ code: 1 }, code]) },
      { status: 200, headers }
    );
  // A form sent before its page woke up cannot say it: the page comes anew, and nothing was done.
  if (request.headers.get('sec-fetch-mode') === 'navigate')
    return new Response(null, { status: 303, headers: { ...headers, location: url.pathname } });
  return Response.json({ code }, { status, headers });
}
