import { createHmac } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { and, eq } from 'drizzle-orm';
import { accounts, sessions, users, verifications } from '#lib/features/identity/tables.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { createRateLimit } from '#lib/kernel/rate-limit.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { minuteMs, type Clock } from '#lib/kernel/clock.ts';
import type { Authenticator } from '#lib/kernel/ports.ts';
import { hashPassword, verifyPassword } from './password.ts';

const sessionSeconds = 12 * 60 * 60;

/** Sign-in on better-auth, through role `consilium_system`. */
export function createAuthenticator(options: {
  systemDb: Database;
  clock: Clock;
  origin: string;
  masterKey: Buffer;
}): Authenticator {
  const { systemDb, clock } = options;
  const auth = betterAuth({
    baseURL: options.origin,
    // A key of its own, so that a leaked cookie secret says nothing of the files' keys.
    secret: createHmac('sha256', options.masterKey).update('session cookies').digest('hex'),
    trustedOrigins: [options.origin],
    database: drizzleAdapter(systemDb, {
      provider: 'pg',
      schema: { user: users, session: sessions, account: accounts, verification: verifications }
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: false,
      minPasswordLength: 10,
      password: { hash: hashPassword, verify: verifyPassword }
    },
    session: { expiresIn: sessionSeconds, updateAge: 15 * 60 },
    advanced: {
      database: { generateId: () => newId() },
      cookiePrefix: 'consilium',
      useSecureCookies: options.origin.startsWith('https:')
    },
    telemetry: { enabled: false }
  });
  const tries = createRateLimit({ clock, limit: 10, windowMs: 15 * minuteMs });

  const passwordMatches = async (userId: string, password: string) => {
    const [account] = await systemDb
      .select({ hash: accounts.password })
      .from(accounts)
      .where(and(eq(accounts.userId, userId), eq(accounts.providerId, 'credential')));
    return account?.hash ? verifyPassword({ hash: account.hash, password }) : false;
  };

  return {
    async signIn({ email, password, headers }) {
      const key = email.trim().toLowerCase();
      if (!tries.take(key)) throw fail('too_many_tries', { minutes: 15 });
      const response = await auth.api.signInEmail({
        body: { email: key, password },
        headers,
        asResponse: true
      });
      if (!response.ok) throw fail('wrong_credentials');
      tries.reset(key);
      const body: unknown = await response.json();
      return { userId: userIdIn(body), setCookies: response.headers.getSetCookie() };
    },
    async signOut(headers) {
      const response = await auth.api.signOut({ headers, asResponse: true });
      return response.headers.getSetCookie();
    },
    async session(headers) {
      if (!headers.get('cookie')?.includes('consilium.session_token')) return null;
      const found = await auth.api.getSession({ headers, query: { disableCookieCache: true } });
      if (!found) return null;
      const { session, user } = found;
      return {
        sessionId: session.id,
        userId: user.id,
        name: user.name,
        email: user.email,
        expiresAt: session.expiresAt
      };
    },
    async verifyPassword(userId, password) {
      if (!tries.take(`re-check:${userId}`)) throw fail('too_many_tries', { minutes: 15 });
      const right = await passwordMatches(userId, password);
      if (right) tries.reset(`re-check:${userId}`);
      return right;
    },
    async createUser({ email, password, name }) {
      const { user } = await auth.api.signUpEmail({ body: { email: email.toLowerCase(), password, name } });
      await systemDb.delete(sessions).where(eq(sessions.userId, user.id));
      return user.id;
    },
    async endSessions(userId) {
      await systemDb.delete(sessions).where(eq(sessions.userId, userId));
    }
  };
}

function userIdIn(body: unknown): string {
  const user = (body as { user?: { id?: unknown } } | null)?.user;
  if (typeof user?.id !== 'string') throw fail('internal');
  return user.id;
}
