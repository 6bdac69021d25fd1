import { sealedDelegateColumns, sealedPatientColumns } from '#lib/features/patients/contact.server.ts';

/** A table with encrypted columns, as the database names them. */
export interface SealedTable {
  table: string;
  columns: readonly SealedColumn[];
}
export interface SealedColumn {
  column: string;
  /** The column of its keyed hash, and the form that is hashed. */
  index: { column: string; normal: (plain: string) => string } | null;
}

/** All of them: what is not listed here is not sealed at the start and not rotated. */
export const sealedTables: readonly SealedTable[] = [
  { table: 'patient', columns: Object.values(sealedPatientColumns) },
  { table: 'patient_delegate', columns: Object.values(sealedDelegateColumns) },
  { table: 'call_encryption', columns: [{ column: 'secret', index: null }] },
  { table: 'push_subscription', columns: [{ column: 'target', index: null }] }
];
