import { and, asc, eq, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { clinicsOf, type MemberActor } from '#lib/kernel/actor.ts';
import type { AuthSession } from '#lib/kernel/ports.ts';
import type { Call, Database, Services } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import { isIdle } from './idle.ts';
import { clinicsWithin } from './reach.ts';
import { members, passkeys, roleRights, roles, sessions, totpFactors, users } from './tables.server.ts';

/** What is known of a session at this moment. At most one of the three is there. */
export interface Standing {
  /** Acts. */
  member: MemberActor | null;
  /**
   * Signed in where a second factor is required that they do not have: reaches their own account page, to set one
   * up, and nothing else.
   */
  enrolling: MemberActor | null;
  /** Works somewhere and has not said where, or no longer works where they said: may choose, and nothing else. */
  choosing: Chooser | null;
  /** In how many organisations the person works. */
  places: number;
}

/** Whose session is to be moved to another place. */
export type Chooser = Pick<AuthSession, 'userId' | 'sessionId' | 'memberId'>;

/**
 * The place a signed-in person works from. Asked anew at every request and every socket, so that neither needs a
 * list of sessions to be right. Nobody where every membership was revoked, or where nothing was done for longer
 * than the organisation allows.
 */
export async function standingOf(
  systemDb: Database,
  session: Chooser & Pick<AuthSession, 'lastSeenAt'>,
  now: Date
): Promise<Standing> {
  const all = await placesOf(systemDb, session);
  const nobody: Standing = { member: null, enrolling: null, choosing: null, places: all.length };
  const idleAt = ({ idleMinutes }: Place) => isIdle({ lastSeenAt: session.lastSeenAt, now, idleMinutes });
  const place = chosenOf(all, session);
  if (!place) {
    if (all.length === 0 || all.some(idleAt)) return nobody;
    const { userId, sessionId, memberId } = session;
    return { ...nobody, choosing: { userId, sessionId, memberId } };
  }
  if (idleAt(place)) return nobody;
  return (await lacksSecondFactor(systemDb, place, now))
    ? { ...nobody, enrolling: place.actor }
    : { ...nobody, member: place.actor };
}

/** [ID-30] The one said; with one place only there is nothing to say. Never another than the one said. */
export function chosenOf(all: readonly Place[], { memberId }: Pick<AuthSession, 'memberId'>): Place | null {
  if (memberId) return all.find(({ actor }) => actor.memberId === memberId) ?? null;
  return all.length === 1 ? all[0]! : null;
}

/** Who acts in this session; see `standingOf`. */
export async function memberOf(
  systemDb: Database,
  session: Chooser & Pick<AuthSession, 'lastSeenAt'>,
  now: Date
): Promise<MemberActor | null> {
  return (await standingOf(systemDb, session, now)).member;
}

/** [ID-3] Whether a session is still there and still acts from this membership: what a room seat hangs on. */
export async function stillActs(
  { systemDb, clock }: Pick<Services, 'systemDb' | 'clock'>,
  { sessionId, memberId }: { sessionId: string | null; memberId: string | null }
): Promise<boolean> {
  if (!sessionId || !isId(sessionId) || !memberId) return false;
  const now = clock.now();
  const [row] = await systemDb
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, sessionId), gt(sessions.expiresAt, now)));
  if (!row) return false;
  return (await memberOf(systemDb, { ...row, sessionId }, now))?.memberId === memberId;
}

async function lacksSecondFactor(systemDb: Database, place: Place, now: Date): Promise<boolean> {
  const { actor, secondFactorRoles, secondFactorFrom } = place;
  const required =
    secondFactorFrom !== null && secondFactorFrom <= now && secondFactorRoles.includes(actor.role);
  return required && !(await hasSecondFactor(systemDb, actor.userId));
}

/** Whether the person has an authenticator app or a passkey. */
export async function hasSecondFactor(systemDb: Database, userId: string): Promise<boolean> {
  const [totp] = await systemDb
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
  if (totp) return true;
  const [passkey] = await systemDb
    .select({ id: passkeys.id })
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .limit(1);
  return passkey !== undefined;
}

/** Where the person worked last, or first: whose trail hears of what happens at their doors. */
export async function placeOf(
  systemDb: Database,
  person: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<MemberActor | null> {
  const all = await placesOf(systemDb, person);
  return (all.find((place) => place.last) ?? all[0])?.actor ?? null;
}

export interface Place {
  actor: MemberActor;
  organisation: string;
  organisationEn: string;
  /** Worked from most recently. */
  last: boolean;
  idleMinutes: number;
  secondFactorRoles: string[];
  secondFactorFrom: Date | null;
}

/** What the organisation changed of the member's role: its own one, else the built-in one. */
const changedRights = sql<Record<string, boolean> | null>`(
  select jsonb_object_agg(${roleRights.right}, ${roleRights.allowed})
    from ${roles} join ${roleRights}
      on ${roleRights.organisationId} = ${roles.organisationId} and ${roleRights.roleId} = ${roles.id}
   where ${roles.organisationId} = ${members.organisationId} and ${roleRights.allowed} is not null
     and (${roles.id} = ${members.roleId}
          or (${members.roleId} is null and ${roles.builtIn} and ${roles.base} = ${members.role})))`;

/** Every place a person works at, the oldest first. */
export async function placesOf(
  systemDb: Database,
  { userId, sessionId }: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<Place[]> {
  const rows = await systemDb
    .select({
      member: members,
      rights: changedRights,
      lastMemberId: users.lastMemberId,
      organisation: organisations.name,
      organisationEn: organisations.nameEn,
      idleMinutes: organisations.idleMinutes,
      secondFactorRoles: organisations.secondFactorRoles,
      secondFactorFrom: organisations.secondFactorFrom
    })
    .from(members)
    .innerJoin(organisations, eq(organisations.id, members.organisationId))
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.userId, userId), isNull(members.revokedAt)))
    .orderBy(asc(members.createdAt));
  return rows.map(({ member, rights, lastMemberId, ...rest }) => ({
    ...rest,
    last: member.id === lastMemberId,
    actor: actorOf(member, rights, sessionId)
  }));
}

/** Everybody who works at an organisation, with their rights: for a job that asks whom something concerns. */
export async function membersOf(
  rows: Pick<Database, 'select'>,
  organisationId: string
): Promise<MemberActor[]> {
  const found = await rows
    .select({ member: members, rights: changedRights })
    .from(members)
    // Also so that columns are written with their tables, which the rights' sub-query needs.
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.organisationId, organisationId), isNull(members.revokedAt)))
    .orderBy(asc(members.createdAt));
  return found.map(({ member, rights }) => actorOf(member, rights, ''));
}

function actorOf(
  member: typeof members.$inferSelect,
  rights: Record<string, boolean> | null,
  sessionId: string
): MemberActor {
  return {
    kind: 'member',
    userId: member.userId,
    memberId: member.id,
    organisationId: member.organisationId,
    clinicId: member.clinicId,
    clinicIds: clinicsWithin(member),
    role: member.role,
    ...(rights ? { rights } : {}),
    specialty: member.specialty,
    name: member.name,
    sessionId
  };
}

export interface Workplace {
  name: string;
  nameEn: string;
  kind: 'clinic' | 'hospital';
  timeZone: string;
  /** Minutes without a sign of life after which a session ends; 0: never. */
  idleMinutes: number;
  clinics: { id: string; name: string; nameEn: string }[];
}

/** The organisation a member works in, with the open clinics they see. */
export async function readWorkplace(call: Call): Promise<Workplace> {
  const seen = clinicsOf(call.actor);
  return inTransaction(call, async ({ rows, actor }) => {
    const [organisation] = await rows
      .select()
      .from(organisations)
      .where(eq(organisations.id, actor.organisationId));
    if (!organisation) throw fail('not_found');
    const list = await rows
      .select({ id: clinics.id, name: clinics.name, nameEn: clinics.nameEn })
      .from(clinics)
      .where(and(isNull(clinics.closedAt), seen ? inArray(clinics.id, [...seen]) : undefined))
      .orderBy(asc(clinics.createdAt));
    return { ...organisation, clinics: list };
  });
}
