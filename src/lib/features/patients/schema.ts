import * as v from 'valibot';
import { isNationalId } from './contact.ts';
import { delegateScopes, relations } from './delegate.ts';

const id = v.pipe(v.string(), v.uuid());
const text = (max: number) => v.pipe(v.string(), v.trim(), v.maxLength(max));
const someText = (max: number) => v.pipe(text(max), v.minLength(1));
/** A day of the calendar: 31 February has the form of one and is none. */
const day = v.pipe(
  v.string(),
  v.isoDate(),
  v.check((value) => {
    const at = new Date(`${value}T00:00:00Z`);
    return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
  })
);

/** Chosen by the form, so that it makes one however often it is sent. */
const formId = v.optional(id);

export const patientInput = v.object({
  id: formId,
  clinicId: id,
  name: someText(100),
  sex: v.picklist(['female', 'male', 'other', 'unknown']),
  birthDate: day,
  phone: v.pipe(v.string(), v.trim(), v.regex(/^\+?[0-9 -]{6,20}$/)),
  email: v.optional(v.nullable(v.pipe(v.string(), v.trim(), v.email(), v.maxLength(200)))),
  nationalId: v.optional(v.nullable(v.pipe(v.string(), v.trim(), v.maxLength(40), v.check(isNationalId)))),
  address: v.optional(v.nullable(text(300)))
});
export type PatientInput = v.InferOutput<typeof patientInput>;

export const noteInput = v.object({
  id: formId,
  patientId: id,
  text: someText(8000),
  teeth: v.optional(v.pipe(v.array(v.pipe(v.string(), v.regex(/^[1-8][1-8]$/))), v.maxLength(32)), [])
});
export type NoteInput = v.InferOutput<typeof noteInput>;

export const healthItemInput = v.object({
  id: formId,
  patientId: id,
  kind: v.picklist(['allergy', 'condition', 'medication']),
  label: someText(200),
  code: v.optional(v.nullable(text(20))),
  detail: v.optional(v.nullable(text(500))),
  severity: v.optional(v.nullable(v.picklist(['low', 'high']))),
  since: v.optional(v.nullable(day))
});
export type HealthItemInput = v.InferOutput<typeof healthItemInput>;

export const delegateInput = v.object({
  id: formId,
  patientId: id,
  name: someText(100),
  relation: v.picklist(relations),
  scopes: v.pipe(v.array(v.picklist(delegateScopes)), v.minLength(1), v.maxLength(delegateScopes.length)),
  phone: v.pipe(v.string(), v.trim(), v.regex(/^\+?[0-9 -]{6,20}$/)),
  basis: v.optional(text(200), '')
});
export type DelegateInput = v.InferOutput<typeof delegateInput>;
