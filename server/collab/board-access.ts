import type { IncomingMessage } from 'node:http';
import { checkWrite } from '#lib/features/board/document.ts';
import { imageRegister } from '#lib/features/board/image-register.ts';
import { boardAccess } from '#lib/features/consults/board.server.ts';
import { visitCookie, visitorOf } from '#lib/features/consults/invite.server.ts';
import { identityOf } from '#lib/features/consults/seat.ts';
import { sharedImages } from '#lib/features/consults/share.server.ts';
import { standingOf } from '#lib/features/identity/member.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { placeParameter } from '#lib/kernel/place.ts';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import type { Authorise } from './access.ts';
import type { Inspect } from './judge.ts';

/** Who knocks on a board: a member's session first, else a visiting patient's; else how they are sent away. */
async function actorOf(
  services: Services,
  request: IncomingMessage
): Promise<MemberActor | PatientLinkActor | 'noSession' | 'forbidden'> {
  const cookie = request.headers.cookie ?? '';
  const session = await services.auth.session(new Headers({ cookie }));
  const standing = session ? await standingOf(services.systemDb, session, services.clock.now()) : null;
  const member = standing?.member;
  // [ID-32] A board opened as a member of one organisation is nobody's in another.
  const { searchParams } = new URL(request.url ?? '/', 'http://board');
  const drawnFor = searchParams.get(placeParameter);
  if (member) return drawnFor === null || drawnFor === member.memberId ? member : 'forbidden';
  const start = `${visitCookie(services)}=`;
  const secret = cookie
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(start))
    ?.slice(start.length);
  const visitor = secret ? await visitorOf(services, decodeURIComponent(secret)) : null;
  if (visitor) return visitor;
  // Signed in, and works nowhere any more, or no longer where they said: coming back later would not help.
  return standing && (standing.places === 0 || standing.choosing) ? 'forbidden' : 'noSession';
}

/** The collaboration server's door: the same sessions and the same rules as every page. */
export function createAuthorise(services: Services): Authorise {
  return async (request, documentId) => {
    const actor = await actorOf(services, request);
    if (typeof actor === 'string') return { ok: false, close: actor };
    try {
      const call = {
        ...services,
        actor,
        request: { id: newId(), ip: request.socket.remoteAddress ?? 'unknown' }
      };
      const { organisationId, consultId, mode, role } = await boardAccess(call, documentId);
      return {
        ok: true,
        access: {
          mode,
          organisationId,
          consultId,
          identity: identityOf(actor),
          name: actor.name,
          role,
          userId: actor.kind === 'member' ? actor.userId : null,
          inviteId: actor.kind === 'patient-link' ? actor.inviteId : null
        }
      };
    } catch (error) {
      // Whether it exists is nothing a stranger should learn. Anything else is our trouble: come back later.
      const code = asAppError(error)?.code;
      if (code === 'not_found' || code === 'forbidden' || code === 'grant_ended')
        return { ok: false, close: 'forbidden' };
      throw error;
    }
  };
}

/** Judges each write against the board's layout and the images opened in its consult. */
export function createInspect(services: Pick<Services, 'db' | 'clock'>): Inspect {
  // One register an organisation: a look-up needs its tenant.
  const registers = new Map<string, ReturnType<typeof imageRegister>>();
  const registerOf = (organisationId: string) => {
    const found = registers.get(organisationId);
    if (found) return found;
    const actor = { kind: 'system' as const, organisationId, reason: 'board' };
    const made = imageRegister({
      load: (consultId) =>
        sharedImages({ ...services, actor, request: { id: newId(), ip: 'local' } }, consultId),
      nowMs: () => services.clock.now().getTime()
    });
    registers.set(organisationId, made);
    return made;
  };
  return (write, { access, ...context }) => {
    const register = registerOf(access.organisationId);
    return checkWrite(write, {
      ...context,
      allowsImage: (imageId) => register.allows(access.consultId, imageId),
      allowsScale: (imageId, scale) => register.allowsScale(access.consultId, imageId, scale),
      allowsFrame: (imageId, frame) => register.allowsFrame(access.consultId, imageId, frame)
    });
  };
}
