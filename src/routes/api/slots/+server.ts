import { freeSlots } from '#lib/features/appointments/list.server.ts';
import { freeSlotsInput } from '#lib/features/appointments/schema.ts';
import { answered, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Query as freeSlotsInput: clinicId, patientId, practitionerId, from, days, minutes. */
export const GET: RequestHandler = ({ url, locals }) =>
  answered(() => {
    const { days, minutes, ...query } = Object.fromEntries(url.searchParams);
    const numbers = { ...(days && { days: Number(days) }), ...(minutes && { minutes: Number(minutes) }) };
    return freeSlots(staffApiCall(locals), parsed(freeSlotsInput, { ...query, ...numbers }));
  });
