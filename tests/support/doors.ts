import { signIn, type Door } from '#lib/features/identity/sign-in.server.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import type { AuthSession } from '#lib/kernel/ports.ts';
import type { World } from './world.ts';

/** A way in, as a request from `ip` with these headers finds it. */
export function doorFrom(
  world: World,
  { ip = '192.0.2.1', headers = {} }: { ip?: string; headers?: Record<string, string> } = {}
): Door {
  return {
    ...world.services,
    request: { id: 'test', ip },
    headers: new Headers({ origin: 'http://localhost', ...headers })
  };
}

/** The cookie header a browser sends back. */
export const cookieOf = (setCookies: readonly string[]) =>
  setCookies.map((cookie) => cookie.split(';')[0]).join('; ');

/** Somebody signed in with a password: their session, its headers, and them acting in it. */
export async function signedIn(
  world: World,
  person: MemberActor,
  { email, password }: { email: string; password: string },
  before: { ip?: string; headers?: Record<string, string> } = {}
): Promise<{ headers: Headers; session: AuthSession; actor: MemberActor }> {
  const result = await signIn(doorFrom(world, before), { email, password });
  if (result.state !== 'signed-in') throw new Error(`asked for more: ${result.state}`);
  const headers = new Headers({ cookie: cookieOf(result.setCookies) });
  const session = await world.services.auth.session(headers);
  if (!session) throw new Error('no session');
  return { headers, session, actor: { ...person, sessionId: session.sessionId } };
}
