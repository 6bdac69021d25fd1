import { readVisit } from '#lib/features/consults/visit.server.ts';
import { calendarEntry } from '#lib/features/consults/visit.ts';
import { fail } from '#lib/kernel/errors.ts';
import { m } from '#lib/paraglide/messages.js';
import { answered, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** The agreed time as a calendar entry, made here. */
export const GET: RequestHandler = ({ locals }) =>
  answered(async () => {
    const call = visitorCall(locals);
    const { consultId, slotAt, clinic } = await readVisit(call);
    if (!slotAt) throw fail('not_found');
    const entry = calendarEntry({
      uid: consultId,
      startsAt: slotAt,
      title: m.visit_calendar_title({ clinic }),
      text: m.visit_calendar_text(),
      now: call.clock.now()
    });
    return new Response(entry, {
      headers: {
        'content-type': 'text/calendar; charset=utf-8',
        'content-disposition': 'attachment; filename="visit.ics"',
        'cache-control': 'private, no-store'
      }
    });
  });
