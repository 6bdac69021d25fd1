import { memberOf } from '#lib/features/identity/member.server.ts';
import { visitCookie, visitorOf } from '#lib/features/consults/invite.server.ts';
import { isForPatient } from '#lib/features/consults/news.ts';
import { listenToConsult } from '#lib/features/consults/read.server.ts';
import { missedWaiting } from '#lib/features/consults/waiting.server.ts';
import { readNotification } from '#lib/features/notifications/list.server.ts';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { asAppError, fail } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import { placeParameter } from '#lib/kernel/place.ts';
import type { LiveEvent } from '#lib/kernel/ports.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import { errorResponse } from '../../edge.server.ts';
import type { RequestEvent, RequestHandler } from './$types';
import { eventStream, type EventStream } from './stream.ts';

const heartbeatMs = 20_000;
const streamsPerPerson = 24;
const open = new Map<string, number>();

/**
 * One stream a tab: a member's own news, and with `?consult=<id>` that something changed in that consult
 * (members; its patient, where it concerns the visit), with `&since=<ms>` also what was told from then on. What is sent names ids; the page reads the rest through its use cases.
 */
export const GET: RequestHandler = async (event) => {
  const { services } = event.locals;
  try {
    const wanted = event.url.searchParams.get('consult');
    if (wanted !== null && !isId(wanted)) throw fail('not_found');
    const since = Number(event.url.searchParams.get('since') ?? Number.NaN);
    const viewer = await viewerOf(event, wanted);
    const key = viewer.kind === 'member' ? viewer.userId : viewer.inviteId;
    const count = open.get(key) ?? 0;
    if (count >= streamsPerPerson) throw fail('too_many_tries');
    open.set(key, count + 1);
    return eventStream((stream) => {
      const stop = follow(event, viewer, wanted, stream);
      if (wanted && services.live.toldSince(`consult:${wanted}`, new Date(since), isFor(viewer)))
        stream.send('consult', { name: 'missed' });
      return () => {
        const left = (open.get(key) ?? 1) - 1;
        if (left > 0) open.set(key, left);
        else open.delete(key);
        stop();
      };
    });
  } catch (error) {
    const known = asAppError(error);
    if (known?.code === 'place_changed')
      return eventStream((stream) => {
        sayMoved(stream);
        return () => {};
      });
    if (known) return errorResponse(known);
    throw error;
  }
};

type Viewer = MemberActor | PatientLinkActor;

const isFor = (viewer: Viewer) => (name: string) => viewer.kind === 'member' || isForPatient(name);

/** [ID-32] The session acts from another place now: the page says so, and asks for nothing more. */
function sayMoved(stream: EventStream): void {
  stream.send('place.moved', {});
  stream.end();
}

/**
 * Who listens, as the session says at this moment: the member, or the visiting patient of the consult.
 * @throws AppError `not_signed_in`, `not_found`, `place_changed`
 */
async function viewerOf(event: RequestEvent, consultId: string | null): Promise<Viewer> {
  const { services, request } = event.locals;
  const session = await services.auth.session(event.request.headers);
  const member = session ? await memberOf(services.systemDb, session, services.clock.now()) : null;
  const secret = event.cookies.get(visitCookie(services));
  const visitor = secret && consultId ? await visitorOf(services, secret) : null;
  // A browser may hold both: someone of the staff trying a patient's link. The consult decides who is meant.
  const viewer = visitor && visitor.consultId === consultId && !member ? visitor : member;
  if (!viewer) throw fail('not_signed_in');
  const drawnFor = event.url.searchParams.get(placeParameter);
  if (viewer.kind === 'member' && drawnFor !== null && drawnFor !== viewer.memberId)
    throw fail('place_changed');
  if (consultId) await listenToConsult({ ...services, actor: viewer, request }, consultId);
  return viewer;
}

function follow(
  event: RequestEvent,
  viewer: Viewer,
  consultId: string | null,
  stream: EventStream
): () => void {
  const { services, request } = event.locals;
  const locale = getLocale();
  const personal = async (news: LiveEvent) => {
    const id = news.data?.['id'];
    if (news.name !== 'notification' || typeof id !== 'string') {
      stream.send(news.name, news.data ?? {});
      return;
    }
    stream.send('notification', await readNotification({ ...services, actor: viewer, request }, id, locale));
  };
  /** A fault here costs one piece of news at most: the page reads everything when the stream opens anew. */
  const orEnd = (work: Promise<void>) =>
    void work.catch((error: unknown) => {
      const code = asAppError(error)?.code;
      if (code === 'place_changed') return sayMoved(stream);
      if (!code)
        services.log.warn({ requestId: request.id, name: String(error).slice(0, 40) }, 'event stream ended');
      stream.end();
    });

  const stillAllowed = async () => {
    const now = await viewerOf(event, consultId);
    const same =
      now.kind === viewer.kind &&
      now.organisationId === viewer.organisationId &&
      (now.kind === 'member' ? now.memberId === (viewer as MemberActor).memberId : true);
    if (!same) stream.end();
  };

  const heartbeat = setInterval(() => {
    stream.comment('still here');
    orEnd(stillAllowed());
  }, heartbeatMs);
  const stops = [
    () => clearInterval(heartbeat),
    services.live.subscribe('access', ({ data }) => {
      // Of another consult alone: nothing about this stream.
      if (data?.['consultId'] === undefined || data['consultId'] === consultId) orEnd(stillAllowed());
    })
  ];
  if (viewer.kind === 'member') {
    stops.push(
      services.live.subscribe(`user:${viewer.userId}`, (news) => {
        if (news.name === 'resync') stream.end();
        else orEnd(personal(news));
      })
    );
    const missed = async () => {
      for (const news of await missedWaiting({ ...services, actor: viewer, request }))
        stream.send('waiting', { ...news });
    };
    orEnd(missed());
  }
  if (consultId)
    stops.push(
      services.live.subscribe(`consult:${consultId}`, (news) => {
        if (news.name === 'resync') stream.end();
        else if (isFor(viewer)(news.name)) stream.send('consult', { ...news.data, name: news.name });
      })
    );
  return () => stops.forEach((stop) => stop());
}
