import { mayReadAppointments } from '#lib/features/appointments/policy.server.ts';
import { listDay } from '#lib/features/appointments/list.server.ts';
import { listCallRequests } from '#lib/features/consults/call-request.server.ts';
import { listConsults } from '#lib/features/consults/read.server.ts';
import { listWaiting } from '#lib/features/consults/waiting.server.ts';
import { isLocalDate } from '#lib/features/appointments/zone.ts';
import { loaded, staffCall } from '../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:today');
  const call = staffCall(event);
  const { workplace } = await event.parent();
  const asked = event.url.searchParams.get('clinic');
  const clinicId = [asked, call.actor.clinicId, workplace.clinics[0]?.id].find((id) =>
    workplace.clinics.some((one) => one.id === id)
  );
  const date = event.url.searchParams.get('date');
  const [day, consults, waiting, calls] = await Promise.all([
    clinicId && call.actor.role !== 'expert' && mayReadAppointments(call.actor, clinicId)
      ? loaded(listDay(call, { clinicId, ...(isLocalDate(date) ? { date } : {}) }))
      : null,
    loaded(listConsults(call, { status: ['requested', 'more-asked', 'accepted'] })),
    call.actor.role === 'receptionist' ? null : loaded(listWaiting(call)),
    call.actor.role === 'receptionist' ? [] : loaded(listCallRequests(call))
  ]);
  return { day, clinicId, consults, waiting, calls, pushes: call.push.publicKey !== null };
};
