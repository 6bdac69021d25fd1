import { readOwnGlass } from '#lib/features/consults/break-glass.server.ts';
import { readRoomToReturnTo } from '#lib/features/consults/return.server.ts';
import { countWaiting } from '#lib/features/consults/read.server.ts';
import { readWorkplace } from '#lib/features/identity/member.server.ts';
import { listPlaces } from '#lib/features/identity/places.server.ts';
import { loaded, staffCall } from '../edge.server.ts';
import type { LayoutServerLoad } from './$types';

export const load: LayoutServerLoad = async (event) => {
  event.depends('app:waiting');
  const call = staffCall(event);
  const { name, role, userId, clinicId, memberId } = call.actor;
  const [workplace, consultsWaiting, glass, room, places] = await loaded(
    Promise.all([
      readWorkplace(call),
      countWaiting(call),
      readOwnGlass(call),
      readRoomToReturnTo(call),
      event.locals.places > 1 ? listPlaces(call.systemDb, call.actor) : []
    ])
  );
  return {
    me: { name, role, userId, clinicId, memberId },
    workplace,
    places,
    consultsWaiting,
    glass,
    room,
    /** [CN-26] Who recognises speech; null: nobody. */
    speechHost: event.locals.services.speech.host,
    /** The server's clock, which pages say "today" by. */
    nowMs: call.clock.now().getTime(),
    theme: event.cookies.get('theme') ?? 'system'
  };
};
