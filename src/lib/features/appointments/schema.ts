import * as v from 'valibot';
import { isId } from '#lib/kernel/ids.ts';
import { appointmentMoves, appointmentStatuses, longestMinutes, shortestMinutes } from './appointment.ts';
import { isLocalDate } from './zone.ts';

const id = v.pipe(
  v.string(),
  v.check((value: string) => isId(value))
);
const localDate = v.pipe(
  v.string(),
  v.check((value: string) => isLocalDate(value))
);
const minutes = v.pipe(v.number(), v.integer(), v.minValue(shortestMinutes), v.maxValue(longestMinutes));
/** An instant as `Date` or as ISO 8601 with a zone. */
const instant = v.pipe(
  v.union([v.date(), v.pipe(v.string(), v.isoTimestamp())]),
  v.transform((value) => new Date(value)),
  v.check((value) => !Number.isNaN(value.getTime()))
);
const line = (longest: number) => v.pipe(v.string(), v.trim(), v.maxLength(longest));

export const dayInput = v.object({ clinicId: id, date: v.optional(localDate) });
export type DayInput = v.InferOutput<typeof dayInput>;

export const freeSlotsInput = v.object({
  clinicId: id,
  practitionerId: v.nullish(id),
  patientId: v.nullish(id),
  from: v.optional(localDate),
  days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(31)), 7),
  minutes: v.optional(minutes, 30)
});
export type FreeSlotsInput = v.InferInput<typeof freeSlotsInput>;

export const bookInput = v.object({
  clinicId: id,
  patientId: id,
  practitionerId: id,
  chairId: id,
  startsAt: instant,
  minutes,
  reason: v.pipe(line(200), v.minLength(1)),
  note: v.optional(line(2000), ''),
  consultId: v.nullish(id),
  planItemId: v.nullish(id)
});
export type BookInput = v.InferInput<typeof bookInput>;

export const moveInput = v.object({
  id,
  /** The state the person saw when deciding. */
  from: v.picklist(appointmentStatuses),
  move: v.picklist(appointmentMoves),
  reason: v.optional(line(200), '')
});
export type MoveInput = v.InferInput<typeof moveInput>;
