import * as v from 'valibot';
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

export const emailAddress = v.pipe(line(200), v.toLowerCase(), v.email());

export const invitationInput = v.object({
  email: emailAddress,
  name: filled(80),
  title: v.optional(line(80), ''),
  role: v.picklist(memberRoles),
  specialty: v.pipe(
    v.optional(v.nullable(line(60)), null),
    v.transform((text) => text || null)
  )
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
