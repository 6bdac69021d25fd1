import { and, desc, eq, gt, isNull } from 'drizzle-orm';
import type { MemberActor, MemberRole, SystemActor } from '#lib/kernel/actor.ts';
import { dayMs } from '#lib/kernel/clock.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, oneAtATime } from '#lib/features/tenancy/transaction.server.ts';
import { mayManageMembers } from './policy.server.ts';
import { checkNewPassword } from './password.server.ts';
import { enter, type Door, type SignedIn } from './sign-in.server.ts';
import { openClinic } from './placement.server.ts';
import { expertListings, invitations, members, users } from './tables.server.ts';
import { invitationMail } from './words.ts';
import type { InvitationInput } from './schema.ts';

const linkDays = 7;

export interface InvitationView {
  id: string;
  email: string;
  name: string;
  role: MemberRole;
  expiresAt: string;
}

/**
 * Offer somebody a place. The link is told once, to pass on; where mail is set up it also goes to the address.
 * @throws AppError `forbidden`, `member_exists`
 */
export async function invite(
  call: Call<'auth' | 'systemDb' | 'settings' | 'mail' | 'log', MemberActor>,
  input: InvitationInput
): Promise<{ url: string; mailed: boolean }> {
  if (!mayManageMembers(call.actor)) throw fail('forbidden');
  if (await worksHere(call, call.actor.organisationId, input.email)) throw fail('member_exists');
  const token = call.auth.secrets.token();
  const organisation = await inTransaction(call, async (tx) => {
    const id = newId(tx.now.getTime());
    if (input.clinicId !== null) await openClinic(tx, input.clinicId);
    // One open offer an address, also where the form is sent twice: the later link holds.
    await oneAtATime(tx, `invitation:${call.actor.organisationId}:${input.email}`);
    await tx.rows.update(invitations).set({ withdrawnAt: tx.now }).where(openFor(input.email));
    await tx.rows.insert(invitations).values({
      id,
      organisationId: call.actor.organisationId,
      createdAt: tx.now,
      ...input,
      tokenHash: call.auth.secrets.digest(token, 'invitation'),
      invitedById: call.actor.userId,
      expiresAt: new Date(tx.now.getTime() + linkDays * dayMs)
    });
    await tx.audit({
      action: 'member.invite',
      subject: { type: 'invitation', id },
      detail: { role: input.role }
    });
    const [own] = await tx.rows
      .select()
      .from(organisations)
      .where(eq(organisations.id, call.actor.organisationId));
    return own?.name ?? '';
  });
  const url = `${call.settings.origin}/invitation/${token}`;
  return { url, mailed: await mailed(call, input.email, { url, organisation }) };
}

async function mailed(
  { mail, log }: Pick<Services, 'mail' | 'log'>,
  to: string,
  words: { url: string; organisation: string }
): Promise<boolean> {
  if (!mail.configured) return false;
  try {
    await mail.send({ to, ...invitationMail({ ...words, days: linkDays }) });
    return true;
  } catch (error) {
    // The owner still has the link to pass on.
    log.warn({ code: asAppError(error)?.code ?? 'mail' }, 'invitation not mailed');
    return false;
  }
}

const openFor = (email: string) =>
  and(eq(invitations.email, email), isNull(invitations.acceptedAt), isNull(invitations.withdrawnAt));

/** Offers not taken yet, newest first. Owners only. */
export async function listInvitations(call: Call<never, MemberActor>): Promise<InvitationView[]> {
  if (!mayManageMembers(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select()
      .from(invitations)
      .where(
        and(
          isNull(invitations.acceptedAt),
          isNull(invitations.withdrawnAt),
          gt(invitations.expiresAt, tx.now)
        )
      )
      .orderBy(desc(invitations.createdAt));
    return rows.map(({ id, email, name, role, expiresAt }) => ({
      id,
      email,
      name,
      role,
      expiresAt: expiresAt.toISOString()
    }));
  });
}

/** @throws AppError `forbidden`, `not_found` */
export async function withdrawInvitation(call: Call<never, MemberActor>, id: string): Promise<void> {
  if (!mayManageMembers(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const gone = await tx.rows
      .update(invitations)
      .set({ withdrawnAt: tx.now })
      .where(and(eq(invitations.id, id), isNull(invitations.acceptedAt), isNull(invitations.withdrawnAt)))
      .returning({ id: invitations.id });
    if (gone.length === 0) throw fail('not_found');
    await tx.audit({ action: 'member.invite-withdraw', subject: { type: 'invitation', id } });
  });
}

type Look = Pick<Services, 'auth' | 'systemDb' | 'clock'>;

/** What the link offers; looking changes nothing. @throws AppError `token_invalid` */
export async function readInvitation(door: Look, token: string) {
  const found = await openInvitation(door, token);
  const [known] = await door.systemDb
    .select({ id: users.id })
    .from(users)
    .where(eq(users.email, found.invitation.email));
  return {
    organisation: found.organisation,
    organisationEn: found.organisationEn,
    name: found.invitation.name,
    email: found.invitation.email,
    role: found.invitation.role,
    /** Somebody who has a password here already: theirs is asked, no new one is set. */
    known: known !== undefined
  };
}

/**
 * Take the place, once: with a new password, or with one's own where the address is known.
 * @throws AppError `token_invalid`, `wrong_credentials`, `too_many_tries` and what `checkNewPassword` says
 */
export async function acceptInvitation(
  door: Door & Pick<Services, 'db'>,
  token: string,
  password: string
): Promise<SignedIn | { state: 'sign-in' }> {
  const { invitation, organisation, organisationEn } = await openInvitation(door, token);
  const { email, name, organisationId } = invitation;
  const [known] = await door.systemDb.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!known) checkNewPassword(door, password, [email, name, organisation, organisationEn]);
  const userId = known
    ? await door.auth.checkCredentials({ email, password, ip: door.request.ip })
    : await door.auth.createUser({ email, password, name });
  const actor: SystemActor = { kind: 'system', organisationId, reason: 'invitation' };
  await inTransaction({ ...door, actor }, async (tx) => {
    const [taken] = await tx.rows
      .update(invitations)
      .set({ acceptedAt: tx.now })
      .where(
        and(
          eq(invitations.id, invitation.id),
          isNull(invitations.acceptedAt),
          isNull(invitations.withdrawnAt),
          gt(invitations.expiresAt, tx.now)
        )
      )
      .returning();
    if (!taken) throw fail('token_invalid');
    const { role, title, specialty, clinicId } = taken;
    const person = { userId, name, title };
    const [member] = await tx.rows
      .insert(members)
      .values({ organisationId, clinicId, role, specialty, ...person })
      .onConflictDoUpdate({
        target: [members.organisationId, members.userId],
        set: { clinicId, departmentId: null, role, roleId: null, specialty, ...person, revokedAt: null }
      })
      .returning({ id: members.id });
    if (role === 'expert' && specialty)
      await tx.rows
        .insert(expertListings)
        .values({
          organisationId,
          memberId: member!.id,
          ...person,
          specialty,
          organisationName: organisation,
          organisationNameEn: organisationEn
        })
        .onConflictDoNothing();
    await tx.audit({ action: 'member.join', subject: { type: 'member', id: member!.id }, detail: { role } });
  });
  // Somebody known may have a second factor: their own door asks for it.
  return known ? { state: 'sign-in' } : enter(door, userId, 'invitation');
}

async function openInvitation(door: Look, token: string) {
  const [found] = await door.systemDb
    .select({
      invitation: invitations,
      organisation: organisations.name,
      organisationEn: organisations.nameEn
    })
    .from(invitations)
    .innerJoin(organisations, eq(organisations.id, invitations.organisationId))
    .where(
      and(
        eq(invitations.tokenHash, door.auth.secrets.digest(token, 'invitation')),
        isNull(invitations.acceptedAt),
        isNull(invitations.withdrawnAt),
        gt(invitations.expiresAt, door.clock.now())
      )
    );
  if (!found) throw fail('token_invalid');
  return found;
}

async function worksHere({ systemDb }: Pick<Services, 'systemDb'>, organisationId: string, email: string) {
  const [found] = await systemDb
    .select({ id: members.id })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(
      and(eq(users.email, email), eq(members.organisationId, organisationId), isNull(members.revokedAt))
    );
  return found !== undefined;
}
