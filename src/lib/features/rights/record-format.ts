import type { appointments } from '#lib/features/appointments/tables.server.ts';
import type { auditEvents } from '#lib/features/audit/tables.server.ts';
import type {
  consultDocuments,
  consultGrantItems,
  consultMessages,
  consults,
  opinions,
  pinComments,
  proposals
} from '#lib/features/consults/tables.server.ts';
import type { consultGuests } from '#lib/features/consults/guest-tables.server.ts';
import type { consultRecordings } from '#lib/features/consults/recording-tables.server.ts';
import type { images } from '#lib/features/imaging/tables.server.ts';
import type { findings } from '#lib/features/odontogram/tables.server.ts';
import type { healthItems, notes, patients } from '#lib/features/patients/tables.server.ts';
import type { treatmentPlanItems, treatmentPlans } from '#lib/features/treatment/tables.server.ts';

/** Raised whenever a field of record.json changes its name, meaning or place; docs/record-export.md describes it. */
export const recordFormat = { name: 'consilium.patient-record', version: 1 } as const;

type Row<T extends { $inferSelect: object }> = T['$inferSelect'];
type Sealed = 'phone' | 'phoneIndex' | 'email' | 'nationalId' | 'nationalIdIndex' | 'address';

/**
 * [RT-3] record.json: everything the organisation holds about one patient, rows as they are stored, in the clear.
 * Times are ISO 8601 in UTC, days `YYYY-MM-DD`, teeth FDI numbers, money in minor units, ids UUIDs.
 */
export interface PatientRecord {
  format: typeof recordFormat.name;
  version: typeof recordFormat.version;
  exportedAt: Date;
  exportedBy: { id: string; name: string; role: string };
  organisation: { id: string; name: string; nameEn: string; timeZone: string };
  patient: Omit<Row<typeof patients>, Sealed> & {
    phone: string;
    email: string | null;
    nationalId: string | null;
    address: string | null;
  };
  healthItems: Row<typeof healthItems>[];
  notes: Row<typeof notes>[];
  findings: Row<typeof findings>[];
  images: (Row<typeof images> & { path: string })[];
  plans: (Row<typeof treatmentPlans> & { items: Row<typeof treatmentPlanItems>[] })[];
  appointments: Row<typeof appointments>[];
  consults: ConsultRecord[];
}

export type ConsultRecord = Row<typeof consults> & {
  grants: Row<typeof consultGrantItems>[];
  /** Specialists who were invited besides; each grant of theirs names its invitation. */
  guests: Row<typeof consultGuests>[];
  messages: (Row<typeof consultMessages> & { path: string | null })[];
  comments: Row<typeof pinComments>[];
  proposals: Row<typeof proposals>[];
  opinions: Row<typeof opinions>[];
  documents: (Row<typeof consultDocuments> & { path: string })[];
  /** `path` null: there is nothing to play. */
  recordings: (Row<typeof consultRecordings> & { path: string | null })[];
};

export type AuditRow = Row<typeof auditEvents>;
