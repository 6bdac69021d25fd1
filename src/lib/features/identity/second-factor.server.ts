import { randomInt } from 'node:crypto';
import { and, count, eq, isNotNull, isNull, lt } from 'drizzle-orm';
import { encode } from 'uqr';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { asSystem } from './as-system.server.ts';
import { enter, readStep, takeStep, type Door, type SignedIn } from './sign-in.server.ts';
import { confirmed, confirmWithPassword, requireStepUp } from './step-up.server.ts';
import { passkeys, recoveryCodes, totpFactors, users } from './tables.server.ts';
import { newTotpSecret, totpStep, totpUri } from './totp.server.ts';

type OwnCall = Call<'auth' | 'systemDb', MemberActor>;

export interface SecondFactorView {
  totp: boolean;
  passkeys: { id: string; name: string; createdAt: string; lastUsedAt: string | null }[];
  recoveryCodesLeft: number;
}

export async function readSecondFactor(call: OwnCall): Promise<SecondFactorView> {
  const { userId } = call.actor;
  const db = call.systemDb;
  const [totp] = await db.select().from(totpFactors).where(totpOf(userId));
  const keys = await db
    .select()
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(passkeys.createdAt);
  const [left] = await db
    .select({ count: count() })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)));
  return {
    totp: totp !== undefined,
    passkeys: keys.map((key) => ({
      id: key.id,
      name: key.name,
      createdAt: key.createdAt.toISOString(),
      lastUsedAt: key.lastUsedAt?.toISOString() ?? null
    })),
    recoveryCodesLeft: left?.count ?? 0
  };
}

export interface TotpOffer {
  /** For typing by hand. */
  secret: string;
  /** For a phone's authenticator app opened from this very phone. */
  uri: string;
  /** The QR code as squares of one unit: an SVG path and the picture's width. */
  qr: { path: string; size: number };
}

/** Offer an authenticator app its secret. Nothing is asked for at sign-in before a first code was shown. */
export async function beginTotp(call: OwnCall, issuer: string): Promise<TotpOffer> {
  await requireStepUp(call);
  const { userId } = call.actor;
  const [user] = await call.systemDb.select({ email: users.email }).from(users).where(eq(users.id, userId));
  if (!user) throw fail('not_found');
  const secret = newTotpSecret();
  const row = { secretSealed: call.auth.secrets.seal(secret, sealContext(userId)), confirmedAt: null };
  const made = await call.systemDb
    .insert(totpFactors)
    .values({ userId, ...row })
    .onConflictDoUpdate({ target: totpFactors.userId, set: row, setWhere: isNull(totpFactors.confirmedAt) })
    .returning({ userId: totpFactors.userId });
  if (made.length === 0) throw fail('conflict');
  return offerOf({ secret, account: user.email, issuer });
}

/** The secret offered and not confirmed yet, to show again after a mistyped code; null: none. */
export async function pendingTotp(call: OwnCall, issuer: string): Promise<TotpOffer | null> {
  const { userId } = call.actor;
  const [found] = await call.systemDb
    .select({ factor: totpFactors, email: users.email })
    .from(totpFactors)
    .innerJoin(users, eq(users.id, totpFactors.userId))
    .where(and(eq(totpFactors.userId, userId), isNull(totpFactors.confirmedAt)));
  if (!found) return null;
  return offerOf({ secret: openSecret(call, found.factor), account: found.email, issuer });
}

function offerOf(input: { secret: string; account: string; issuer: string }): TotpOffer {
  const uri = totpUri(input);
  return { secret: input.secret, uri, qr: qrPath(uri) };
}

/**
 * The first code proves that the app has the secret; from now on it is asked for. Returns the recovery codes,
 * shown this once, where there were none. @throws AppError `wrong_code`, `too_many_tries`
 */
export async function confirmTotp(call: OwnCall, code: string): Promise<{ recoveryCodes: string[] | null }> {
  await requireStepUp(call);
  const { userId } = call.actor;
  await call.auth.tries.begin('account', codeDoor(userId));
  const [factor] = await call.systemDb
    .select()
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNull(totpFactors.confirmedAt)));
  const step = factor ? totpStep(openSecret(call, factor), bare(code), call.clock.now()) : null;
  if (step === null) throw fail('wrong_code');
  await call.auth.tries.good('account', codeDoor(userId));
  const codes = (await hasRecoveryCodes(call, userId)) ? null : newCodes();
  await asSystem(call, async (tx) => {
    await tx.rows
      .update(totpFactors)
      .set({ confirmedAt: tx.now, lastStep: step })
      .where(eq(totpFactors.userId, userId));
    await tx.audit({
      action: 'second-factor.add',
      subject: { type: 'user', id: userId },
      detail: { kind: 'totp' }
    });
  });
  if (codes) await storeCodes(call, codes);
  return { recoveryCodes: codes };
}

export async function removeTotp(call: OwnCall): Promise<void> {
  await requireStepUp(call);
  const { userId } = call.actor;
  await asSystem(call, async (tx) => {
    const gone = await tx.rows
      .delete(totpFactors)
      .where(eq(totpFactors.userId, userId))
      .returning({ userId: totpFactors.userId });
    if (gone.length === 0) throw fail('not_found');
    await tx.audit({
      action: 'second-factor.remove',
      subject: { type: 'user', id: userId },
      detail: { kind: 'totp' }
    });
  });
}

/** New recovery codes, shown this once; the old ones end. */
export async function renewRecoveryCodes(call: OwnCall): Promise<string[]> {
  await requireStepUp(call);
  const codes = newCodes();
  await storeCodes(call, codes);
  return codes;
}

/** Recovery codes for a first factor of another kind; null where there are some. */
export async function firstRecoveryCodes(call: OwnCall): Promise<string[] | null> {
  if (await hasRecoveryCodes(call, call.actor.userId)) return null;
  const codes = newCodes();
  await storeCodes(call, codes);
  return codes;
}

/**
 * Finish a sign-in with the app's code or a recovery code.
 * @throws AppError `wrong_code`, `too_many_tries`, `session_ended`
 */
export async function finishWithCode(door: Door, step: string, code: string): Promise<SignedIn> {
  const { userId } = await readStep(door, 'second-factor', step);
  if (!userId) throw fail('session_ended');
  const method = await checkCode(door, userId, code);
  if (!method) throw fail('wrong_code');
  await takeStep(door, 'second-factor', step);
  return enter(door, userId, method === 'totp' ? 'password+code' : 'password+recovery');
}

/** Show again who one is, by code. @throws AppError `wrong_code`, `too_many_tries` */
export async function confirmWithCode(call: OwnCall, code: string): Promise<void> {
  const method = await checkCode(call, call.actor.userId, code);
  await confirmed(call, method !== null, 'code');
  if (!method) throw fail('wrong_code');
  await call.auth.confirm(call.actor.sessionId);
}

const looksLikeCode = /^\s*(\d{3}\s?\d{3}|[A-Za-z0-9]{5}-[A-Za-z0-9]{5})\s*$/;

/**
 * [ID-7] Show again who one is with what was typed into one field: the password, an app's code or a recovery code.
 * @throws AppError `wrong_password`, `wrong_code`, `too_many_tries`
 */
export function confirmWithProof(call: OwnCall, proof: string): Promise<void> {
  return looksLikeCode.test(proof) ? confirmWithCode(call, proof) : confirmWithPassword(call, proof);
}

type CodeDoor = Pick<Services, 'auth' | 'systemDb' | 'clock'>;

/** Takes the code: neither a time step nor a recovery code works twice. */
async function checkCode(door: CodeDoor, userId: string, code: string): Promise<'totp' | 'recovery' | null> {
  await door.auth.tries.begin('account', codeDoor(userId));
  const typed = bare(code);
  const method = /^\d{6}$/.test(typed)
    ? await takeTotp(door, userId, typed)
    : await takeRecovery(door, userId, typed);
  if (method) await door.auth.tries.good('account', codeDoor(userId));
  return method;
}

async function takeTotp(door: CodeDoor, userId: string, code: string): Promise<'totp' | null> {
  const [factor] = await door.systemDb.select().from(totpFactors).where(totpOf(userId));
  const step = factor ? totpStep(openSecret(door, factor), code, door.clock.now()) : null;
  if (step === null) return null;
  const taken = await door.systemDb
    .update(totpFactors)
    .set({ lastStep: step })
    .where(and(totpOf(userId), lt(totpFactors.lastStep, step)))
    .returning({ userId: totpFactors.userId });
  return taken.length > 0 ? 'totp' : null;
}

async function takeRecovery(door: CodeDoor, userId: string, code: string): Promise<'recovery' | null> {
  const taken = await door.systemDb
    .update(recoveryCodes)
    .set({ usedAt: door.clock.now() })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.hash, hashOf(door, userId, code)),
        isNull(recoveryCodes.usedAt)
      )
    )
    .returning({ id: recoveryCodes.id });
  return taken.length > 0 ? 'recovery' : null;
}

/** Without 0/O, 1/I/L: copied from paper. 50 bits. */
const codeSigns = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const codeCount = 10;
const newCodes = () =>
  Array.from({ length: codeCount }, () => {
    const signs = Array.from({ length: 10 }, () => codeSigns[randomInt(codeSigns.length)]).join('');
    return `${signs.slice(0, 5)}-${signs.slice(5)}`;
  });

async function storeCodes(call: OwnCall, codes: readonly string[]): Promise<void> {
  const { userId } = call.actor;
  await asSystem(call, async (tx) => {
    await tx.rows.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
    await tx.rows
      .insert(recoveryCodes)
      .values(codes.map((code) => ({ id: newId(), userId, hash: hashOf(call, userId, bare(code)) })));
    await tx.audit({ action: 'recovery-codes.renew', subject: { type: 'user', id: userId } });
  });
}

async function hasRecoveryCodes({ systemDb }: CodeDoor, userId: string): Promise<boolean> {
  const [one] = await systemDb
    .select({ id: recoveryCodes.id })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, userId))
    .limit(1);
  return one !== undefined;
}

const totpOf = (userId: string) => and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt));
const codeDoor = (userId: string) => `code:${userId}`;
const sealContext = (userId: string) => `totp ${userId}`;
const openSecret = ({ auth }: Pick<Services, 'auth'>, factor: { userId: string; secretSealed: string }) =>
  auth.secrets.open(factor.secretSealed, sealContext(factor.userId));
const bare = (code: string) =>
  code
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '');
const hashOf = ({ auth }: Pick<Services, 'auth'>, userId: string, code: string) =>
  auth.secrets.digest(code, `recovery ${userId}`);

function qrPath(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { path: squares.join(''), size };
}
