import type { RequestEvent } from '@sveltejs/kit';
import type { Door } from '#lib/features/identity/sign-in.server.ts';

/** A way in, before there is an actor. */
export function doorOf({ locals, request }: Pick<RequestEvent, 'locals' | 'request'>): Door {
  return { ...locals.services, request: locals.request, headers: request.headers };
}
