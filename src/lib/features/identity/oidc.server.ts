import { and, eq } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { IdentityProvider } from '#lib/kernel/ports.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { asSystem } from './as-system.server.ts';
import { hasSecondFactor, placeOf } from './member.server.ts';
import { beginStep, enter, takeStep, type Door, type SignedIn } from './sign-in.server.ts';
import { accounts, users } from './tables.server.ts';

type OidcDoor = Door & Pick<Services, 'settings'>;
export const oidcCallbackPath = '/sign-in/oidc/callback';

function provider({ auth }: OidcDoor): IdentityProvider {
  if (!auth.oidc) throw fail('not_found');
  return auth.oidc;
}

/** Where to send the browser, and the step it comes back with. @throws AppError `not_found`, `oidc_failed` */
export async function beginOidc(door: OidcDoor, next: string): Promise<{ url: string; step: string }> {
  const { url, checks } = await provider(door).begin(`${door.settings.origin}${oidcCallbackPath}`);
  return { url, step: await beginStep(door, 'oidc', { data: { ...checks, next } }) };
}

/**
 * The provider's answer. Signs in whom it was linked to before, or links the member whose address the provider
 * has verified; it never makes anybody.
 * @throws AppError `session_ended`, `oidc_failed`, `oidc_unknown_person`
 */
export async function finishOidc(
  door: OidcDoor,
  { step: token, answer }: { step: string; answer: URL }
): Promise<SignedIn & { next: string }> {
  const oidc = provider(door);
  const { data } = await takeStep(door, 'oidc', token);
  const { next = '/', ...checks } = data;
  // The address people use, whatever name this process is reached by behind its proxy.
  const person = await oidc.finish(`${door.settings.origin}${oidcCallbackPath}${answer.search}`, checks);
  const userId = await linkedUser(door, oidc.issuer, person);
  if (await hasSecondFactor(door.systemDb, userId))
    return { state: 'second-factor', userId, step: await beginStep(door, 'second-factor', { userId }), next };
  return { ...(await enter(door, userId, 'oidc')), next };
}

async function linkedUser(
  door: OidcDoor,
  issuer: string,
  person: { subject: string; email: string | null; emailVerified: boolean }
): Promise<string> {
  const providerId = `oidc:${issuer}`;
  const [linked] = await door.systemDb
    .select({ userId: accounts.userId })
    .from(accounts)
    .where(and(eq(accounts.providerId, providerId), eq(accounts.accountId, person.subject)));
  const userId = linked?.userId ?? (await verifiedMember(door, person));
  const actor = userId ? await placeOf(door.systemDb, { userId, sessionId: '' }) : null;
  if (!userId || !actor) throw fail('oidc_unknown_person');
  if (!linked)
    await asSystem({ ...door, db: door.systemDb, actor }, async (tx) => {
      await tx.rows
        .insert(accounts)
        .values({ id: newId(), userId, providerId, accountId: person.subject })
        .onConflictDoNothing();
      await tx.audit({ action: 'oidc.link', subject: { type: 'user', id: userId } });
    });
  return userId;
}

/** An address the provider has not verified could be anybody's. */
async function verifiedMember(
  { systemDb }: OidcDoor,
  { email, emailVerified }: { email: string | null; emailVerified: boolean }
): Promise<string | null> {
  if (!email || !emailVerified) return null;
  const [user] = await systemDb.select({ id: users.id }).from(users).where(eq(users.email, email));
  return user?.id ?? null;
}
