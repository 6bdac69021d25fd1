import { createHmac } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { and, eq, lt, ne } from 'drizzle-orm';
import * as v from 'valibot';
import { accounts, sessions, users, verifications } from '#lib/features/identity/tables.server.ts';
import type { Database } from '#lib/features/tenancy/call.ts';
import { secondMs, type Clock } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { isId, newId } from '#lib/kernel/ids.ts';
import type { Authenticator, TryCounter } from '#lib/kernel/ports.ts';
import { commonPasswords } from './common-passwords.ts';
import { createOidc, type OidcSettings } from './oidc.ts';
import { hashPassword, verifyPassword } from './password.ts';
import { createSecrets } from './seal.ts';
import { createThrottle } from './throttle.ts';

const sessionSeconds = 12 * 60 * 60;
/** A sign of life is written no more often. */
const seenEveryMs = 30 * secondMs;

interface AuthOptions {
  systemDb: Database;
  clock: Clock;
  origin: string;
  masterKey: Buffer;
  oidc?: OidcSettings | null;
}

/** Sign-in on better-auth, through role `consilium_system`. Nothing of it is reachable over http. */
export function createAuthenticator(options: AuthOptions): Authenticator {
  const { systemDb, clock } = options;
  const secure = options.origin.startsWith('https:');
  const cookieName = secure ? '__Host-consilium.session' : 'consilium.session';
  const auth = createBetterAuth(options, { secure, cookieName });
  const secrets = createSecrets(options.masterKey);
  const throttleKey = createHmac('sha256', options.masterKey).update('tries').digest();
  const tries = createThrottle({ systemDb, clock, key: throttleKey });
  const passwords = createPasswords({ systemDb, clock, tries });

  return {
    cookieName,
    secure,
    tries,
    secrets,
    oidc: options.oidc ? createOidc(options.oidc) : null,
    commonPasswords,
    ...passwords,
    async openSession({ userId, headers, ip, confirmed = true }) {
      const response = await auth.api.openSession({
        body: {
          userId,
          ip,
          userAgent: (headers.get('user-agent') ?? '').slice(0, 400),
          confirmedAt: confirmed ? clock.now() : null,
          now: clock.now()
        },
        headers,
        asResponse: true
      });
      if (!response.ok) throw fail('internal');
      const { sessionId } = (await response.json()) as { sessionId: string };
      // What was in the browser before is no longer good: a session cannot be fixed beforehand.
      const before = await sessionOf(auth, cookieName, headers);
      if (before) await systemDb.delete(sessions).where(eq(sessions.id, before.sessionId));
      return { sessionId, setCookies: response.headers.getSetCookie() };
    },
    async signOut(headers) {
      const response = await auth.api.signOut({ headers, asResponse: true });
      return response.headers.getSetCookie();
    },
    session: (headers) => sessionOf(auth, cookieName, headers),
    async seen({ sessionId }) {
      const now = clock.now();
      await systemDb
        .update(sessions)
        .set({ lastSeenAt: now })
        .where(
          and(eq(sessions.id, sessionId), lt(sessions.lastSeenAt, new Date(now.getTime() - seenEveryMs)))
        );
    },
    async confirm(sessionId) {
      if (!isId(sessionId)) return;
      await systemDb.update(sessions).set({ confirmedAt: clock.now() }).where(eq(sessions.id, sessionId));
    },
    async confirmedAt(sessionId) {
      if (!isId(sessionId)) return null;
      const [row] = await systemDb
        .select({ at: sessions.confirmedAt })
        .from(sessions)
        .where(eq(sessions.id, sessionId));
      return row?.at ?? null;
    },
    async createUser({ email, password, name }) {
      const { user } = await auth.api.signUpEmail({ body: { email: email.toLowerCase(), password, name } });
      await systemDb.delete(sessions).where(eq(sessions.userId, user.id));
      return user.id;
    },
    async endSessions(userId, except) {
      const all = eq(sessions.userId, userId);
      await systemDb.delete(sessions).where(except ? and(all, ne(sessions.id, except)) : all);
    }
  };
}

function createBetterAuth(
  { systemDb, origin, masterKey }: AuthOptions,
  { secure, cookieName }: { secure: boolean; cookieName: string }
) {
  return betterAuth({
    baseURL: origin,
    // A key of its own, so that a leaked cookie secret says nothing of the files' keys.
    secret: createHmac('sha256', masterKey).update('session cookies').digest('hex'),
    trustedOrigins: [origin],
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
    session: {
      expiresIn: sessionSeconds,
      updateAge: 15 * 60,
      additionalFields: {
        lastSeenAt: { type: 'date', required: false, input: false },
        confirmedAt: { type: 'date', required: false, input: false },
        memberId: { type: 'string', required: false, input: false }
      }
    },
    advanced: {
      database: { generateId: () => newId() },
      cookiePrefix: 'consilium',
      // Its own prefix would be `__Secure-`; `__Host-` also binds the cookie to this very host.
      useSecureCookies: false,
      defaultCookieAttributes: { secure, sameSite: 'lax', path: '/', httpOnly: true },
      cookies: { session_token: { name: cookieName } }
    },
    plugins: [sessionOpening],
    telemetry: { enabled: false },
    logger: { disabled: true }
  });
}

/** better-auth opens sessions for its own ways in only; ours end here. Called by `auth.api`, never over http. */
const sessionOpening = {
  id: 'consilium-session',
  endpoints: {
    openSession: createAuthEndpoint(
      '/consilium/open-session',
      {
        method: 'POST',
        body: v.object({
          userId: v.string(),
          ip: v.string(),
          userAgent: v.string(),
          confirmedAt: v.nullable(v.date()),
          now: v.date()
        }),
        metadata: { SERVER_ONLY: true }
      },
      async (ctx) => {
        const { userId, ip, userAgent, confirmedAt, now } = ctx.body;
        const user = await ctx.context.internalAdapter.findUserById(userId);
        if (!user) throw fail('not_found');
        const session = await ctx.context.internalAdapter.createSession(userId, false, {
          ipAddress: ip,
          userAgent,
          confirmedAt,
          lastSeenAt: now
        });
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ sessionId: session.id });
      }
    )
  }
};

async function sessionOf(auth: ReturnType<typeof createBetterAuth>, cookieName: string, headers: Headers) {
  if (!headers.get('cookie')?.includes(cookieName)) return null;
  const found = await auth.api.getSession({ headers, query: { disableCookieCache: true } });
  if (!found) return null;
  const { session, user } = found;
  return {
    sessionId: session.id,
    userId: user.id,
    name: user.name,
    email: user.email,
    expiresAt: session.expiresAt,
    lastSeenAt: session.lastSeenAt ?? session.createdAt,
    confirmedAt: session.confirmedAt ?? null,
    memberId: session.memberId ?? null
  };
}

function createPasswords({
  systemDb,
  clock,
  tries
}: {
  systemDb: Database;
  clock: Clock;
  tries: TryCounter;
}) {
  const credential = (userId: string) =>
    and(eq(accounts.userId, userId), eq(accounts.providerId, 'credential'));
  // Compared with for an address nobody has, so that the answer takes as long.
  const nobodys = hashPassword('nobody has this password');

  return {
    async checkCredentials({ email, password, ip }: { email: string; password: string; ip: string }) {
      const name = email.trim().toLowerCase();
      await tries.begin('address', ip);
      await tries.begin('account', name);
      const [found] = await systemDb
        .select({ userId: users.id, hash: accounts.password })
        .from(users)
        .innerJoin(accounts, and(eq(accounts.userId, users.id), eq(accounts.providerId, 'credential')))
        .where(eq(users.email, name));
      const right = await verifyPassword({ hash: found?.hash ?? (await nobodys), password });
      if (!found?.hash || !right) throw fail('wrong_credentials');
      await tries.good('account', name);
      await tries.good('address', ip);
      return found.userId;
    },
    async verifyPassword(userId: string, password: string) {
      const door = `again:${userId}`;
      await tries.begin('account', door);
      const [account] = await systemDb
        .select({ hash: accounts.password })
        .from(accounts)
        .where(credential(userId));
      const right = account?.hash ? await verifyPassword({ hash: account.hash, password }) : false;
      if (right) await tries.good('account', door);
      return right;
    },
    async setPassword(userId: string, password: string) {
      const hash = await hashPassword(password);
      const now = clock.now();
      const changed = await systemDb
        .update(accounts)
        .set({ password: hash, updatedAt: now })
        .where(credential(userId))
        .returning({ id: accounts.id });
      if (changed.length === 0)
        await systemDb.insert(accounts).values({
          id: newId(),
          userId,
          accountId: userId,
          providerId: 'credential',
          password: hash,
          createdAt: now,
          updatedAt: now
        });
    }
  };
}
