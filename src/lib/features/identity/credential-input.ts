import * as v from 'valibot';

const filled = (max: number) => v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(max));

/** A credential as the owner enters it; which specialties there are, the edge knows. */
export const credentialInput = v.object({
  memberId: v.pipe(v.string(), v.uuid()),
  specialty: filled(60),
  licenceNumber: v.pipe(filled(40), v.regex(/^[\p{L}\p{N}() /.-]+$/u)),
  issuedBy: filled(120),
  validUntil: v.pipe(
    v.string(),
    v.isoDate(),
    // A day of the calendar: 31 February has the form of one and is none.
    v.check((day) => {
      const at = new Date(`${day}T00:00:00Z`);
      return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
    })
  )
});
export type CredentialInput = v.InferOutput<typeof credentialInput>;
