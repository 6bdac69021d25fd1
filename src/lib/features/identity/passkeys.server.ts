import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON
} from '@simplewebauthn/server';
import { and, eq } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { asSystem } from './as-system.server.ts';
import { firstRecoveryCodes } from './second-factor.server.ts';
import { beginStep, enter, readStep, takeStep, type Door, type SignedIn } from './sign-in.server.ts';
import { confirmed, requireStepUp } from './step-up.server.ts';
import { passkeys, users } from './tables.server.ts';

type OwnCall = Call<'auth' | 'systemDb' | 'settings', MemberActor>;
type PasskeyRow = typeof passkeys.$inferSelect;

/** The site, as a passkey is bound to it: its name's host and nothing above. */
function site({ settings }: Pick<Services, 'settings'>) {
  return { origin: settings.origin, id: new URL(settings.origin).hostname };
}

/** What the browser needs to make a passkey, and the step to come back with. @throws AppError `step_up_required` */
export async function beginPasskey(
  call: OwnCall,
  siteName: string
): Promise<{ options: PublicKeyCredentialCreationOptionsJSON; step: string }> {
  await requireStepUp(call);
  const { userId, name } = call.actor;
  const [user] = await call.systemDb.select({ email: users.email }).from(users).where(eq(users.id, userId));
  const known = await keysOf(call, userId);
  const options = await generateRegistrationOptions({
    rpName: siteName,
    rpID: site(call).id,
    userName: user?.email ?? name,
    userDisplayName: name,
    userID: new TextEncoder().encode(userId),
    attestationType: 'none',
    excludeCredentials: known.map(descriptor),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' }
  });
  const step = await beginStep(call, 'passkey-new', { userId, data: { challenge: options.challenge } });
  return { options, step };
}

/** Keep the passkey the browser made. Recovery codes come with the first second factor. @throws AppError `passkey_failed` */
export async function addPasskey(
  call: OwnCall,
  input: { step: string; name: string; response: RegistrationResponseJSON }
): Promise<{ recoveryCodes: string[] | null }> {
  const { userId } = call.actor;
  const step = await takeStep(call, 'passkey-new', input.step);
  if (step.userId !== userId) throw fail('passkey_failed');
  const { origin, id } = site(call);
  const result = await verifyRegistrationResponse({
    response: input.response,
    expectedChallenge: step.data['challenge'] ?? '',
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true
  }).catch((cause: unknown) => {
    throw fail('passkey_failed', {}, cause);
  });
  if (!result.verified) throw fail('passkey_failed');
  const { credential } = result.registrationInfo;
  await asSystem(call, async (tx) => {
    await tx.rows.insert(passkeys).values({
      id: newId(),
      userId,
      name: input.name,
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: credential.transports ?? []
    });
    await tx.audit({
      action: 'second-factor.add',
      subject: { type: 'user', id: userId },
      detail: { kind: 'passkey' }
    });
  });
  return { recoveryCodes: await firstRecoveryCodes(call) };
}

/** @throws AppError `not_found`, `step_up_required` */
export async function removePasskey(call: OwnCall, id: string): Promise<void> {
  await requireStepUp(call);
  await asSystem(call, async (tx) => {
    const gone = await tx.rows
      .delete(passkeys)
      .where(and(eq(passkeys.id, id), eq(passkeys.userId, call.actor.userId)))
      .returning({ id: passkeys.id });
    if (gone.length === 0) throw fail('not_found');
    await tx.audit({
      action: 'second-factor.remove',
      subject: { type: 'user', id: call.actor.userId },
      detail: { kind: 'passkey' }
    });
  });
}

type PasskeyDoor = Door & Pick<Services, 'settings'>;

/**
 * What the browser needs to show a passkey: any of this site's, or after a password those of that person.
 * @param secondFactor the step that began with the password
 */
export async function beginPasskeySignIn(
  door: PasskeyDoor,
  secondFactor: string | null
): Promise<{ options: PublicKeyCredentialRequestOptionsJSON; step: string }> {
  return askForPasskey(
    door,
    secondFactor ? (await readStep(door, 'second-factor', secondFactor)).userId : null
  );
}

/** What the browser needs to show one of one's own passkeys again. */
export function beginPasskeyConfirm(call: OwnCall): ReturnType<typeof beginPasskeySignIn> {
  return askForPasskey(call, call.actor.userId);
}

async function askForPasskey(
  door: Parameters<typeof beginStep>[0] & Pick<Services, 'settings'>,
  userId: string | null
): ReturnType<typeof beginPasskeySignIn> {
  const known = userId ? await keysOf(door, userId) : [];
  const options = await generateAuthenticationOptions({
    rpID: site(door).id,
    userVerification: 'required',
    allowCredentials: known.map(descriptor)
  });
  return {
    options,
    step: await beginStep(door, 'passkey', { userId, data: { challenge: options.challenge } })
  };
}

/**
 * Sign in with a passkey: something one has, opened by something one knows or is, so nothing more is asked.
 * @throws AppError `passkey_failed`, `session_ended`, `too_many_tries`
 */
export async function signInWithPasskey(
  door: PasskeyDoor,
  input: { step: string; response: AuthenticationResponseJSON }
): Promise<SignedIn> {
  await readStep(door, 'passkey', input.step);
  await door.auth.tries.begin('address', door.request.ip);
  const userId = await shownPasskey(door, input);
  await door.auth.tries.good('address', door.request.ip);
  return enter(door, userId, 'passkey');
}

/** Show again who one is, by passkey. @throws AppError `passkey_failed` */
export async function confirmWithPasskey(
  call: OwnCall,
  input: { step: string; response: AuthenticationResponseJSON }
): Promise<void> {
  const userId = await shownPasskey(call, input);
  await confirmed(call, userId === call.actor.userId, 'passkey');
  if (userId !== call.actor.userId) throw fail('passkey_failed');
  await call.auth.confirm(call.actor.sessionId);
}

/** Whose passkey answered the challenge of this step. */
async function shownPasskey(
  door: Pick<PasskeyDoor, 'auth' | 'systemDb' | 'clock' | 'settings'>,
  { step: token, response }: { step: string; response: AuthenticationResponseJSON }
): Promise<string> {
  const step = await takeStep(door, 'passkey', token);
  const [key] = await door.systemDb.select().from(passkeys).where(eq(passkeys.credentialId, response.id));
  if (!key || (step.userId !== null && step.userId !== key.userId)) throw fail('passkey_failed');
  const { origin, id } = site(door);
  const result = await verifyAuthenticationResponse({
    response,
    expectedChallenge: step.data['challenge'] ?? '',
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
    credential: {
      ...descriptor(key),
      publicKey: new Uint8Array(Buffer.from(key.publicKey, 'base64url')),
      counter: key.counter
    }
  }).catch((cause: unknown) => {
    throw fail('passkey_failed', {}, cause);
  });
  if (!result.verified) throw fail('passkey_failed');
  await door.systemDb
    .update(passkeys)
    .set({ counter: result.authenticationInfo.newCounter, lastUsedAt: door.clock.now() })
    .where(eq(passkeys.id, key.id));
  return key.userId;
}

function keysOf({ systemDb }: Pick<Services, 'systemDb'>, userId: string): Promise<PasskeyRow[]> {
  return systemDb.select().from(passkeys).where(eq(passkeys.userId, userId));
}

const descriptor = (key: PasskeyRow) => ({
  id: key.credentialId,
  transports: key.transports as AuthenticatorTransport[]
});
