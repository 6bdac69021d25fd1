import type { Cookies } from '@sveltejs/kit';
import type { Services } from '#lib/features/tenancy/call.ts';
import { parseSetCookie } from '../edge.server.ts';

/** Where to go after sign-in: a path of ours, never another site. */
export function nextOf(url: URL): string {
  return safePath(url.searchParams.get('next'));
}

/** `path` where it is one of this site, else the first page. Browsers read `\\` as `/` and drop tabs and breaks. */
export function safePath(path: string | null): string {
  if (path === null || !/^\/(?![/\\])/.test(path) || /[\u0000-\u0020\u007f\\]/.test(path)) return '/';
  return path;
}

export function setAll(cookies: Cookies, setCookies: readonly string[]): void {
  for (const cookie of setCookies.map(parseSetCookie)) cookies.set(cookie.name, cookie.value, cookie.options);
}

const stepSeconds = 600;

/** The secret of a step begun here (second factor, passkey, sign-in elsewhere). */
export function stepCookie({ auth }: Pick<Services, 'auth'>, cookies: Cookies, kind: string) {
  const name = `${auth.secure ? '__Host-' : ''}consilium.${kind}`;
  const options = { path: '/', httpOnly: true, secure: auth.secure, sameSite: 'lax' as const };
  return {
    read: () => cookies.get(name) ?? '',
    write: (value: string) => cookies.set(name, value, { ...options, maxAge: stepSeconds }),
    drop: () => cookies.delete(name, options)
  };
}
