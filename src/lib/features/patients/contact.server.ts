import { inArray, or, type SQL } from 'drizzle-orm';
import type { FieldCipher, FieldPlace } from '#lib/kernel/ports.ts';
import { isNationalId, normalNationalId, normalPhone } from './contact.ts';
import { patients } from './tables.server.ts';

/** How a patient is reached and told apart; encrypted in the database, `Sealed` in the code. */
export interface Contact {
  phone: string;
  email?: string | null;
  nationalId?: string | null;
  address?: string | null;
}
type SealedColumns = Pick<
  typeof patients.$inferSelect,
  'phone' | 'phoneIndex' | 'email' | 'nationalId' | 'nationalIdIndex' | 'address'
>;
type Row = { id: string; organisationId: string };

/** The encrypted columns, by their names in the database; `index` where they are looked up exactly. */
export const sealedPatientColumns = {
  phone: { column: 'phone', index: { column: 'phone_index', normal: normalPhone } },
  email: { column: 'email', index: null },
  nationalId: { column: 'national_id', index: { column: 'national_id_index', normal: normalNationalId } },
  address: { column: 'address', index: null }
} as const;
type SealedName = keyof typeof sealedPatientColumns;

const placeOf = ({ id, organisationId }: Row, name: SealedName): FieldPlace => ({
  organisationId,
  table: 'patient',
  column: sealedPatientColumns[name].column,
  rowId: id
});

/** [PA-7] The columns of this row's contact data, to be inserted or updated with. */
export async function sealContact(fields: FieldCipher, row: Row, contact: Contact): Promise<SealedColumns> {
  const seal = async (name: SealedName, plain: string | null | undefined) =>
    plain ? fields.seal(placeOf(row, name), plain) : null;
  const [phone, email, nationalId, address, phoneIndex, nationalIdIndex] = await Promise.all([
    fields.seal(placeOf(row, 'phone'), contact.phone),
    seal('email', contact.email),
    seal('nationalId', contact.nationalId),
    seal('address', contact.address),
    fields.index(placeOf(row, 'phone'), normalPhone(contact.phone)),
    contact.nationalId
      ? fields.index(placeOf(row, 'nationalId'), normalNationalId(contact.nationalId))
      : [null]
  ]);
  return {
    phone,
    email,
    nationalId,
    address,
    phoneIndex: phoneIndex[0],
    nationalIdIndex: nationalIdIndex[0]
  };
}

/** One value in the clear, null where there is none. @throws AppError `sealed_value_refused` */
export async function openContact<N extends SealedName>(
  fields: FieldCipher,
  row: Row & Pick<SealedColumns, N>,
  name: N
): Promise<string | null> {
  const value = row[name];
  return value ? fields.open(placeOf(row, name), value) : null;
}

/** [PA-7] Patients whose phone or national id is exactly `text`, or undefined where it can be neither. */
export async function contactIs(
  fields: FieldCipher,
  organisationId: string,
  text: string
): Promise<SQL | undefined> {
  const at = { id: '', organisationId };
  const phone = normalPhone(text);
  const byPhone =
    /^\+?\d{5,20}$/.test(phone) && /^[0-9+ ()-]+$/.test(text)
      ? inArray(patients.phoneIndex, await fields.index(placeOf(at, 'phone'), phone))
      : undefined;
  const byId = isNationalId(text)
    ? inArray(patients.nationalIdIndex, await fields.index(placeOf(at, 'nationalId'), normalNationalId(text)))
    : undefined;
  return or(byPhone, byId);
}

/** A delegate's encrypted columns: nobody is looked up by them. */
export const sealedDelegateColumns = { phone: { column: 'phone', index: null } } as const;

export function delegatePhonePlace({ id, organisationId }: Row): FieldPlace {
  return { organisationId, table: 'patient_delegate', column: 'phone', rowId: id };
}
