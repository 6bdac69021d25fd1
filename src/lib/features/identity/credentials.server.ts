import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Actor, MemberActor, MemberRole } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { credentialState, dayIn, seatRefusal, type CredentialState } from './credential.ts';
import { expertListings, members, practitionerCredentials } from './tables.server.ts';
import type { CredentialInput } from './credential-input.ts';

/** One practitioner on the owner's page, with what they may practise. */
export interface PractitionerView {
  memberId: string;
  name: string;
  title: string;
  role: MemberRole;
  specialty: string | null;
  /** Offered to other organisations as an expert. */
  listed: boolean;
  credentials: CredentialView[];
}

export interface CredentialView {
  id: string;
  specialty: string;
  licenceNumber: string;
  issuedBy: string;
  /** Last day, `YYYY-MM-DD`. */
  validUntil: string;
  state: CredentialState;
  verifiedByName: string;
  /** ISO instant. */
  verifiedAt: string;
}

/** Roles that practise; the front desk has nothing to show here. */
const practising: readonly MemberRole[] = ['owner', 'dentist', 'expert', 'nurse'];

/** [ID-21] Who checks and changes credentials. */
export function mayVerifyCredentials(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && actor.role === 'owner';
}

/** Everyone who practises here. Owners only. @throws AppError `forbidden` */
export async function listCredentials(call: Call<never, MemberActor>): Promise<PractitionerView[]> {
  if (!mayVerifyCredentials(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const people = await tx.rows
      .select()
      .from(members)
      .where(and(isNull(members.revokedAt), inArray(members.role, [...practising])))
      .orderBy(asc(members.createdAt));
    const held = await tx.rows
      .select()
      .from(practitionerCredentials)
      .where(isNull(practitionerCredentials.withdrawnAt))
      .orderBy(asc(practitionerCredentials.specialty));
    const listed = await tx.rows
      .select({ memberId: expertListings.memberId })
      .from(expertListings)
      .where(eq(expertListings.organisationId, call.actor.organisationId));
    const today = await todayOf(tx, call.actor.organisationId);
    await tx.audit({ action: 'credential.list', subject: { type: 'credential', id: 'list' } });
    return people.map((person) => ({
      memberId: person.id,
      name: person.name,
      title: person.title,
      role: person.role,
      specialty: person.specialty,
      listed: listed.some((row) => row.memberId === person.id),
      credentials: held
        .filter((row) => row.memberId === person.id)
        .map((row) => ({
          id: row.id,
          specialty: row.specialty,
          licenceNumber: row.licenceNumber,
          issuedBy: row.issuedBy,
          validUntil: row.validUntil,
          state: credentialState(row, today),
          verifiedByName: row.verifiedByName,
          verifiedAt: row.verifiedAt.toISOString()
        }))
    }));
  });
}

/**
 * [ID-21] Write down a credential the owner has seen. It takes the place of the one of the same specialty, which
 * stays as a row. @throws AppError `forbidden`, `not_found`
 */
export async function verifyCredential(
  call: Call<never, MemberActor>,
  input: CredentialInput
): Promise<{ id: string }> {
  if (!mayVerifyCredentials(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const [member] = await tx.rows
      .select({ id: members.id })
      .from(members)
      .where(and(eq(members.id, input.memberId), isNull(members.revokedAt)))
      .for('update');
    if (!member) throw fail('not_found');
    return insertCredential(tx, { ...input, byId: call.actor.userId, byName: call.actor.name });
  });
}

/** Without the check of rights: also for demo data. */
export async function insertCredential(
  tx: Tx,
  { byId, byName, ...input }: CredentialInput & { byId: string; byName: string }
): Promise<{ id: string }> {
  const { organisationId } = tx.actor;
  await withdraw(tx, input);
  const [made] = await tx.rows
    .insert(practitionerCredentials)
    .values({ ...input, organisationId, verifiedById: byId, verifiedByName: byName, verifiedAt: tx.now })
    .returning({ id: practitionerCredentials.id });
  await tx.rows
    .update(expertListings)
    .set({ credentialUntil: input.validUntil })
    .where(ownListing(tx, input));
  await tx.audit({
    action: 'credential.verify',
    subject: { type: 'credential', id: made!.id },
    detail: { member: input.memberId, specialty: input.specialty, validUntil: input.validUntil }
  });
  return made!;
}

/** It was entered wrongly, or was taken from them. @throws AppError `forbidden`, `not_found` */
export async function withdrawCredential(call: Call<never, MemberActor>, id: string): Promise<void> {
  if (!mayVerifyCredentials(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const [found] = await tx.rows
      .select()
      .from(practitionerCredentials)
      .where(and(eq(practitionerCredentials.id, id), isNull(practitionerCredentials.withdrawnAt)));
    if (!found) throw fail('not_found');
    await withdraw(tx, found);
    await tx.rows.update(expertListings).set({ credentialUntil: null }).where(ownListing(tx, found));
    await tx.audit({
      action: 'credential.withdraw',
      subject: { type: 'credential', id },
      detail: { member: found.memberId, specialty: found.specialty }
    });
  });
}

type Held = Pick<CredentialInput, 'memberId' | 'specialty'>;

async function withdraw(tx: Tx, { memberId, specialty }: Held): Promise<void> {
  await tx.rows
    .update(practitionerCredentials)
    .set({ withdrawnAt: tx.now })
    .where(
      and(
        eq(practitionerCredentials.memberId, memberId),
        eq(practitionerCredentials.specialty, specialty),
        isNull(practitionerCredentials.withdrawnAt)
      )
    );
}

const ownListing = (tx: Tx, { memberId, specialty }: Held) =>
  and(
    eq(expertListings.organisationId, tx.actor.organisationId),
    eq(expertListings.memberId, memberId),
    eq(expertListings.specialty, specialty)
  );

/**
 * [ID-20] Whoever acts as an expert of `specialty` holds a credential for it today; its number is what stands
 * under an opinion. @throws AppError `credential_missing`, `credential_expired` (with the last day)
 */
export async function requireCredential(
  tx: Tx,
  actor: MemberActor,
  specialty: string
): Promise<{ licenceNumber: string; issuedBy: string }> {
  const held = await tx.rows
    .select()
    .from(practitionerCredentials)
    .where(
      and(
        eq(practitionerCredentials.organisationId, actor.organisationId),
        eq(practitionerCredentials.memberId, actor.memberId),
        isNull(practitionerCredentials.withdrawnAt)
      )
    );
  const refused = seatRefusal(held, { specialty, today: await todayOf(tx, actor.organisationId) });
  const own = held.find((row) => row.specialty === specialty);
  if (refused || !own) throw fail(refused ?? 'credential_missing', own ? { until: own.validUntil } : {});
  return own;
}

async function todayOf(tx: Tx, organisationId: string): Promise<string> {
  const [own] = await tx.rows
    .select({ timeZone: organisations.timeZone })
    .from(organisations)
    .where(eq(organisations.id, organisationId));
  return dayIn(own?.timeZone ?? 'UTC', tx.now);
}

/** [ID-20] For a query over listings joined with their organisation: those whose credential holds at `now`. */
export function credentialHolds(now: Date) {
  return sql<boolean>`${expertListings.credentialUntil} >= (${now.toISOString()}::timestamptz at time zone ${organisations.timeZone})::date`;
}
