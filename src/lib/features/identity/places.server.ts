import { eq } from 'drizzle-orm';
import type { MemberActor, MemberRole, RequestInfo } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { AuthSession } from '#lib/kernel/ports.ts';
import type { Database, Services } from '#lib/features/tenancy/call.ts';
import { actAs, inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { asSystem } from './as-system.server.ts';
import { chosenOf, placesOf, type Chooser } from './member.server.ts';
import { sessions, users } from './tables.server.ts';

/** One organisation a person works in, as they choose between them. */
export interface PlaceView {
  memberId: string;
  organisation: string;
  organisationEn: string;
  role: MemberRole;
  /** Acted from in this session. */
  here: boolean;
  last: boolean;
}

/** [ID-30] Where this person works. */
export async function listPlaces(systemDb: Database, session: Chooser): Promise<PlaceView[]> {
  const all = await placesOf(systemDb, session);
  const here = chosenOf(all, session)?.actor.memberId;
  return all.map(({ actor, organisation, organisationEn, last }) => ({
    memberId: actor.memberId,
    organisation,
    organisationEn,
    role: actor.role,
    here: actor.memberId === here,
    last
  }));
}

/** [ID-30] A new session begins where its person worked last; with several places and none of them used yet, nowhere. */
export async function startPlace(
  systemDb: Database,
  session: Pick<AuthSession, 'userId' | 'sessionId'>
): Promise<MemberActor | null> {
  const all = await placesOf(systemDb, session);
  const place = all.find(({ last }) => last) ?? (all.length === 1 ? all[0] : undefined);
  if (!place) return null;
  const { memberId } = place.actor;
  await systemDb.update(sessions).set({ memberId }).where(eq(sessions.id, session.sessionId));
  return place.actor;
}

/**
 * [ID-31] Act from another of one's own places from now on. Both trails say so, and neither names the other; what
 * is open from the place left ends within a second.
 * @throws AppError `not_found` where this is no place of theirs
 */
export async function choosePlace(
  door: Pick<Services, 'systemDb' | 'clock'> & { request: RequestInfo },
  session: Chooser,
  memberId: string
): Promise<void> {
  const all = await placesOf(door.systemDb, session);
  const next = all.find(({ actor }) => actor.memberId === memberId)?.actor;
  if (!next) throw fail('not_found');
  const before = chosenOf(all, session)?.actor;
  if (before?.memberId === memberId) return;
  await asSystem({ ...door, db: door.systemDb, actor: next }, async (tx) => {
    await tx.rows.update(sessions).set({ memberId }).where(eq(sessions.id, session.sessionId));
    await tx.rows.update(users).set({ lastMemberId: memberId }).where(eq(users.id, session.userId));
    await tx.audit({ action: 'session.enter', subject: { type: 'member', id: memberId } });
    // A savepoint of the same transaction, in the other organisation's name.
    if (before) {
      await inTransaction({ ...door, db: tx.rows, actor: before }, (old) =>
        old.audit({ action: 'session.leave', subject: { type: 'member', id: before.memberId } })
      );
      await actAs(tx.rows, next);
    }
    await tx.live({ topic: 'access', name: 'session.moved', data: { userId: session.userId } });
  });
}
