import { timingSafeEqual } from 'node:crypto';
import { and, eq, isNull } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { RequestInfo, SystemActor } from '#lib/kernel/actor.ts';
import { members } from '#lib/features/identity/tables.server.ts';
import type { Call, Services } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { openImage, originalAnswer, type FileAnswer } from './read.server.ts';
import { images } from './tables.server.ts';

/** Long enough for a slow line to begin; the download itself may take longer. */
const linkMinutes = 5;
const purpose = 'file link';

/** Whose link it is, to what, until when (milliseconds since 1970). */
interface FileLink {
  organisationId: string;
  imageId: string;
  memberId: string;
  expiresAt: number;
}

/**
 * An address from which the original of a picture can be taken away for some minutes, without a cookie. Access is
 * checked and audited here. @throws AppError `not_found`, `forbidden`
 */
export async function makeFileLink(
  call: Call<'auth'>,
  imageId: string
): Promise<{ path: string; expiresAt: string }> {
  const { actor } = call;
  const row = await inTransaction(call, (tx) =>
    openImage(tx, imageId, { right: 'download', part: 'original' })
  );
  if (actor.kind !== 'member') throw fail('forbidden');
  const expiresAt = call.clock.now().getTime() + linkMinutes * 60_000;
  const { memberId, organisationId } = actor;
  const token = signed({ organisationId, imageId: row.id, memberId, expiresAt }, call);
  return { path: `/files/${token}`, expiresAt: new Date(expiresAt).toISOString() };
}

/**
 * The file a link stands for. Who has left the organisation since takes nothing; the taking is audited too.
 * @throws AppError `token_invalid`: changed, expired, or its person or picture is gone
 */
export async function readByLink(
  services: Pick<Services, 'auth' | 'clock' | 'db' | 'files'> & { request: RequestInfo },
  token: string
): Promise<FileAnswer> {
  const link = opened(token, services);
  if (!link) throw fail('token_invalid');
  const actor: SystemActor = {
    kind: 'system',
    organisationId: link.organisationId,
    reason: 'file link'
  };
  const row = await inTransaction({ ...services, actor }, async (tx) => {
    const [image] = await tx.rows
      .select()
      .from(images)
      .where(and(eq(images.id, link.imageId), eq(images.organisationId, link.organisationId)));
    const [member] = await tx.rows
      .select({ userId: members.userId })
      .from(members)
      .where(
        and(
          eq(members.id, link.memberId),
          eq(members.organisationId, link.organisationId),
          isNull(members.revokedAt)
        )
      );
    if (!image || !member) return null;
    await tx.audit({
      action: 'image.download',
      subject: { type: 'image', id: image.id },
      patientId: image.patientId,
      detail: { by: member.userId }
    });
    return image;
  });
  if (!row) throw fail('token_invalid');
  return originalAnswer(services, row);
}

function signed(link: FileLink, { auth }: Pick<Services, 'auth'>): string {
  const text = [link.organisationId, link.imageId, link.memberId, link.expiresAt.toString(36)].join('.');
  return `${text}.${auth.secrets.digest(text, purpose)}`;
}

function opened(token: string, { auth, clock }: Pick<Services, 'auth' | 'clock'>): FileLink | null {
  const parts = token.split('.');
  const [organisationId, imageId, memberId, time, mac] = parts;
  if (parts.length !== 5 || !isId(organisationId) || !isId(imageId) || !isId(memberId)) return null;
  if (!time || !/^[0-9a-z]{6,10}$/.test(time) || !mac || !/^[0-9a-f]{64}$/.test(mac)) return null;
  const wanted = auth.secrets.digest(token.slice(0, -mac.length - 1), purpose);
  if (!timingSafeEqual(Buffer.from(mac, 'hex'), Buffer.from(wanted, 'hex'))) return null;
  const expiresAt = parseInt(time, 36);
  return expiresAt > clock.now().getTime() ? { organisationId, imageId, memberId, expiresAt } : null;
}
