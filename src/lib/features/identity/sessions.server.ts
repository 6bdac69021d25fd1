import { and, desc, eq, gt, ne } from 'drizzle-orm';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { asSystem } from './as-system.server.ts';
import { deviceOf, placeOfAddress, type Device } from './device.ts';
import { sessions } from './tables.server.ts';

export interface SessionView {
  id: string;
  current: boolean;
  device: Device;
  address: string;
  place: 'this-machine' | 'local-network' | 'internet' | 'unknown';
  /** ISO instants. */
  startedAt: string;
  lastSeenAt: string;
}

/** Where one is signed in, this browser first, then the latest used. */
export async function listSessions(call: Call<'systemDb', MemberActor>): Promise<SessionView[]> {
  const rows = await call.systemDb
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, call.actor.userId), gt(sessions.expiresAt, call.clock.now())))
    .orderBy(desc(sessions.lastSeenAt));
  return rows
    .map((row) => ({
      id: row.id,
      current: row.id === call.actor.sessionId,
      device: deviceOf(row.userAgent ?? ''),
      address: row.ipAddress ?? '',
      place: placeOfAddress(row.ipAddress ?? ''),
      startedAt: row.createdAt.toISOString(),
      lastSeenAt: row.lastSeenAt.toISOString()
    }))
    .sort((a, b) => Number(b.current) - Number(a.current));
}

/** End one of one's own sessions; its sockets and seats go within a second. @throws AppError `not_found` */
export async function endSession(call: Call<'systemDb', MemberActor>, id: string): Promise<void> {
  await asSystem(call, async (tx) => {
    const gone = await tx.rows
      .delete(sessions)
      .where(and(eq(sessions.id, id), eq(sessions.userId, call.actor.userId)))
      .returning({ id: sessions.id });
    if (gone.length === 0) throw fail('not_found');
    await ended(tx, call.actor.userId, 1);
  });
}

/** End all of one's sessions but this one. */
export async function endOtherSessions(call: Call<'systemDb', MemberActor>): Promise<{ ended: number }> {
  const { userId, sessionId } = call.actor;
  return asSystem(call, async (tx) => {
    const gone = await tx.rows
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), ne(sessions.id, sessionId)))
      .returning({ id: sessions.id });
    await ended(tx, userId, gone.length);
    return { ended: gone.length };
  });
}

async function ended(tx: Tx, userId: string, count: number): Promise<void> {
  await tx.audit({ action: 'session.end', subject: { type: 'user', id: userId }, detail: { count } });
  await tx.live({ topic: 'access', name: 'session.ended', data: { userId } });
}
