import * as v from 'valibot';
import { isId } from '#lib/kernel/ids.ts';
import { reaches } from './reach.ts';
import { memberRoles } from '#lib/kernel/actor.ts';

/** One line: nothing that could end a mail's header line. */
const line = (max: number) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.maxLength(max),
    v.check((text) => !/[\u0000-\u001f\u007f\u2028\u2029]/.test(text), 'one line')
  );
const filled = (max: number) => v.pipe(line(max), v.minLength(1));

const id = v.pipe(
  v.string(),
  v.check((text) => isId(text))
);

export const emailAddress = v.pipe(line(200), v.toLowerCase(), v.email());

export const invitationInput = v.object({
  email: emailAddress,
  name: filled(80),
  title: v.optional(line(80), ''),
  role: v.picklist(memberRoles),
  specialty: v.pipe(
    v.optional(v.nullable(line(60)), null),
    v.transform((text) => text || null)
  ),
  /** Null: headquarters. */
  clinicId: v.optional(v.nullable(id), null)
});
export type InvitationInput = v.InferOutput<typeof invitationInput>;

export const passkeyName = filled(60);

/** Minutes; 0: never. */
export const idleChoices = [5, 10, 15, 30, 60, 0] as const;
export const graceChoices = [0, 7, 14, 30] as const;
export const rulesInput = v.object({
  idleMinutes: v.picklist(idleChoices),
  secondFactorRoles: v.array(v.picklist(memberRoles)),
  graceDays: v.picklist(graceChoices)
});
export type RulesInput = v.InferOutput<typeof rulesInput>;

export const unitKinds = ['clinic', 'department'] as const;
/** Names of a clinic or a department. */
export const unitNames = v.object({ name: filled(80), nameEn: filled(80) });
export type UnitNames = v.InferOutput<typeof unitNames>;

export const placementInput = v.object({
  clinicId: v.nullable(id),
  departmentId: v.nullable(id),
  reach: v.picklist(reaches),
  clinicIds: v.pipe(v.array(id), v.maxLength(200))
});
export type PlacementInput = v.InferOutput<typeof placementInput>;
