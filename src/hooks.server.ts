import type { Handle, HandleServerError } from '@sveltejs/kit';
import { standingOf, type Standing } from '#lib/features/identity/member.server.ts';
import { visitorOf, visitCookie } from '#lib/features/consults/invite.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { sqlState } from '#lib/features/tenancy/transaction.server.ts';
import { asAppError, fail, type ErrorCode } from '#lib/kernel/errors.ts';
import { isFromElsewhere } from '#lib/kernel/origin.ts';
import { newId } from '#lib/kernel/ids.ts';
import { extractLocaleFromRequest } from '#lib/paraglide/runtime.js';
import { paraglideMiddleware } from '#lib/paraglide/server.js';
import { errorText } from '#lib/ui/error-text.ts';
import { compressed } from './compress.server.ts';
import { placeRefusal } from './place-refusal.server.ts';

/** Built once by the entry (server/main.ts) and handed over here: never a second pool in this bundle. */
function services(): Services {
  const handed = (globalThis as Record<symbol, unknown>)[Symbol.for('consilium.services')];
  if (!handed) throw new Error('The entry has not handed over the services; start with server/main.ts.');
  return handed as Services;
}

export const handle: Handle = async ({ event, resolve }) => {
  const started = performance.now();
  const own = services();
  event.locals.services = own;
  if (isFromElsewhere(event.request, event.url.origin)) {
    const { code, status } = fail('forbidden');
    return Response.json({ code }, { status, headers: { 'cache-control': 'no-store' } });
  }
  event.locals.request = { id: newId(), ip: addressOf(event) };
  if (event.route.id && cookieless.has(event.route.id)) {
    Object.assign(event.locals, { ...nobody, visitor: null, actor: null });
    const response = await resolve(event);
    protect(response, event.url);
    told(event, response, started);
    return response;
  }
  const session = await own.auth.session(event.request.headers);
  const standing = session ? await standingOf(own.systemDb, session, own.clock.now()) : nobody;
  Object.assign(event.locals, standing);
  const { member, enrolling, choosing } = standing;
  const elsewhere = placeRefusal(event, standing);
  if (elsewhere) {
    protect(elsewhere, event.url);
    told(event, elsewhere, started);
    return elsewhere;
  }
  if (session && (member ?? enrolling ?? choosing) && isActive(event.request)) await own.auth.seen(session);
  const visit = event.cookies.get(visitCookie(own));
  event.locals.visitor = visit ? await visitorOf({ systemDb: own.systemDb, clock: own.clock }, visit) : null;
  event.locals.actor = event.locals.member ?? event.locals.visitor;

  const theme = event.cookies.get('theme');
  const response = await paraglideMiddleware(event.request, ({ request, locale }) => {
    event.request = request;
    return resolve(event, {
      transformPageChunk: ({ html }) =>
        html
          .replace('%paraglide.lang%', locale)
          .replace('%consilium.theme%', theme === 'dark' || theme === 'light' ? theme : 'system')
    });
  });
  protect(response, event.url);
  const sent = await compressed(event.request, response);
  told(event, sent, started);
  return sent;
};

const nobody: Standing = { member: null, enrolling: null, choosing: null, places: 0 };

/** Files that people brought are handed out here, by signed address: no cookie is read, none is set. */
const cookieless = new Set(['/files/[token]']);

function told(event: Parameters<Handle>[0]['event'], { status }: Response, started: number): void {
  services().log.info(
    {
      requestId: event.locals.request.id,
      method: event.request.method,
      // The route, not the path: a path can hold a patient's link.
      route: event.route.id ?? 'unmatched',
      status,
      ms: Math.round(performance.now() - started)
    },
    'request'
  );
}

/** What a person did, as opposed to a page that reads its data anew because of news. */
function isActive({ method, headers }: Request): boolean {
  return method !== 'GET' || (headers.get('sec-fetch-dest') ?? 'document') === 'document';
}

const bareHtmlPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function protect(response: Response, url: URL): void {
  const { headers } = response;
  headers.set('x-content-type-options', 'nosniff');
  // Not `no-referrer`: browsers then send `Origin: null` with a form posted before its page has woken up, and
  // the form would be refused as foreign. Other sites get nothing either way.
  headers.set('referrer-policy', 'same-origin');
  headers.set(
    'permissions-policy',
    'camera=(self), microphone=(self), display-capture=(self), geolocation=()'
  );
  // Kit gives its pages their own; what it answers with where a route failed has none.
  if (!headers.has('content-security-policy') && headers.get('content-type')?.startsWith('text/html'))
    headers.set('content-security-policy', bareHtmlPolicy);
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-resource-policy', 'same-origin');
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
  if (url.protocol === 'https:')
    headers.set('strict-transport-security', 'max-age=31536000; includeSubDomains');
}

function addressOf(event: Parameters<Handle>[0]['event']): string {
  try {
    return event.getClientAddress();
  } catch {
    // Kit throws while prerendering and behind a misconfigured proxy; an unknown address is still a record.
    return 'unknown';
  }
}

export const handleError: HandleServerError = ({ error, event, status }) => {
  const known = asAppError(error);
  const requestId = event.locals.request?.id;
  // From the request: what fails in `handle` comes from outside the middleware that sets the language.
  const say = (code: ErrorCode) => ({
    message: errorText(code, extractLocaleFromRequest(event.request)),
    code
  });
  if (known) return { ...say(known.code), requestId };
  if (status === 404) return say('not_found');
  const cause = error instanceof Error ? error : new Error(String(error));
  services().log.error(
    {
      requestId,
      route: event.route.id,
      name: cause.name,
      sqlState: sqlState(cause),
      at: framesOf(cause)
    },
    'unexpected error'
  );
  return { ...say('internal'), requestId };
};

/** Where it happened, without the message: a database's message can quote a patient's data. */
function framesOf(error: Error): string[] {
  return (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
}
