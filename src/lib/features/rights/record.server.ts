import { and, asc, eq, inArray, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { FieldCipher } from '#lib/kernel/ports.ts';
import { appointments } from '#lib/features/appointments/tables.server.ts';
import { auditEvents } from '#lib/features/audit/tables.server.ts';
import { consultGuests } from '#lib/features/consults/guest-tables.server.ts';
import {
  consultDocuments,
  consultGrantItems,
  consultMessages,
  consults,
  opinions,
  pinComments,
  proposals
} from '#lib/features/consults/tables.server.ts';
import { consultRecordings } from '#lib/features/consults/recording-tables.server.ts';
import { images } from '#lib/features/imaging/tables.server.ts';
import { findings } from '#lib/features/odontogram/tables.server.ts';
import { openContact } from '#lib/features/patients/contact.server.ts';
import { healthItems, notes, patients } from '#lib/features/patients/tables.server.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import type { Tx } from '#lib/features/tenancy/transaction.server.ts';
import { treatmentPlanItems, treatmentPlans } from '#lib/features/treatment/tables.server.ts';
import { chatFilePath, documentPath, imagePath, recordingPath } from './paths.ts';
import { recordFormat, type AuditRow, type ConsultRecord, type PatientRecord } from './record-format.ts';

/** The patient's row in the actor's own organisation, whatever grants there are. @throws AppError `not_found` */
export async function ownPatientRow(tx: Tx, patientId: string): Promise<typeof patients.$inferSelect> {
  const [row] = await tx.rows
    .select()
    .from(patients)
    .where(and(eq(patients.organisationId, tx.actor.organisationId), eq(patients.id, patientId)));
  if (!row) throw fail('not_found');
  return row;
}

/** [RT-3] Everything the organisation holds about the patient, withdrawn and ended entries included. */
export async function gatherRecord(
  tx: Tx,
  { patientId, actor, fields }: { patientId: string; actor: MemberActor; fields: FieldCipher }
): Promise<PatientRecord> {
  const stored = await ownPatientRow(tx, patientId);
  const [phone, email, nationalId, address] = await Promise.all([
    openContact(fields, stored, 'phone'),
    openContact(fields, stored, 'email'),
    openContact(fields, stored, 'nationalId'),
    openContact(fields, stored, 'address')
  ]);
  const { id, organisationId, createdAt, clinicId, number, name, sex, birthDate } = stored;
  type Owned = PgTable & { organisationId: PgColumn; createdAt: PgColumn };
  const of = (table: Owned & { patientId: PgColumn }): SQL =>
    and(eq(table.organisationId, organisationId), eq(table.patientId, patientId))!;
  const rows = tx.rows;
  const [organisation] = await rows.select().from(organisations).where(eq(organisations.id, organisationId));
  const planRows = await rows
    .select()
    .from(treatmentPlans)
    .where(of(treatmentPlans))
    .orderBy(asc(treatmentPlans.createdAt));
  const items = await rows
    .select()
    .from(treatmentPlanItems)
    .where(of(treatmentPlanItems))
    .orderBy(asc(treatmentPlanItems.phase), asc(treatmentPlanItems.position));
  const imageRows = await rows.select().from(images).where(of(images)).orderBy(asc(images.uploadedAt));
  return {
    format: recordFormat.name,
    version: recordFormat.version,
    exportedAt: tx.now,
    exportedBy: { id: actor.userId, name: actor.name, role: actor.role },
    organisation: {
      id: organisationId,
      name: organisation?.name ?? '',
      nameEn: organisation?.nameEn ?? '',
      timeZone: organisation?.timeZone ?? 'UTC'
    },
    patient: {
      ...{ id, organisationId, createdAt, clinicId, number, name, sex, birthDate },
      ...{ phone: phone ?? '', email, nationalId, address }
    },
    healthItems: await rows
      .select()
      .from(healthItems)
      .where(of(healthItems))
      .orderBy(asc(healthItems.createdAt)),
    notes: await rows.select().from(notes).where(of(notes)).orderBy(asc(notes.writtenAt)),
    findings: await rows.select().from(findings).where(of(findings)).orderBy(asc(findings.recordedAt)),
    images: imageRows.map((row) => ({ ...row, path: imagePath(row) })),
    plans: planRows.map((plan) => ({ ...plan, items: items.filter((item) => item.planId === plan.id) })),
    appointments: await rows
      .select()
      .from(appointments)
      .where(of(appointments))
      .orderBy(asc(appointments.startsAt)),
    consults: await gatherConsults(tx, organisationId, patientId)
  };
}

async function gatherConsults(tx: Tx, organisationId: string, patientId: string): Promise<ConsultRecord[]> {
  const rows = tx.rows;
  const asked = await rows
    .select()
    .from(consults)
    .where(and(eq(consults.organisationId, organisationId), eq(consults.patientId, patientId)))
    .orderBy(asc(consults.createdAt));
  if (asked.length === 0) return [];
  const ids = asked.map(({ id }) => id);
  const within = (table: { organisationId: PgColumn; consultId: PgColumn }): SQL =>
    and(eq(table.organisationId, organisationId), inArray(table.consultId, ids))!;
  const grants = await rows.select().from(consultGrantItems).where(within(consultGrantItems));
  const guests = await rows
    .select()
    .from(consultGuests)
    .where(within(consultGuests))
    .orderBy(asc(consultGuests.createdAt));
  const messages = await rows
    .select()
    .from(consultMessages)
    .where(within(consultMessages))
    .orderBy(asc(consultMessages.at));
  const comments = await rows
    .select()
    .from(pinComments)
    .where(within(pinComments))
    .orderBy(asc(pinComments.at));
  const proposed = await rows
    .select()
    .from(proposals)
    .where(within(proposals))
    .orderBy(asc(proposals.createdAt));
  const written = await rows.select().from(opinions).where(within(opinions)).orderBy(asc(opinions.createdAt));
  const documents = await rows.select().from(consultDocuments).where(within(consultDocuments));
  const recorded = await rows
    .select()
    .from(consultRecordings)
    .where(within(consultRecordings))
    .orderBy(asc(consultRecordings.startedAt));
  return asked.map((consult) => {
    const own = <T extends { consultId: string }>(list: T[]) =>
      list.filter((one) => one.consultId === consult.id);
    return {
      ...consult,
      grants: own(grants),
      guests: own(guests),
      messages: own(messages).map((one) => ({
        ...one,
        path: one.fileType && chatFilePath(consult.number, one.id, one.fileType)
      })),
      comments: own(comments),
      proposals: own(proposed),
      // What an expert has not signed is theirs, not part of the record.
      opinions: own(written).filter(({ signedAt }) => signedAt !== null),
      documents: own(documents).map((one) => ({ ...one, path: documentPath(consult.number, one) })),
      recordings: own(recorded).map((one) => ({
        ...one,
        path: one.state === 'ready' ? recordingPath(consult.number, one) : null
      }))
    };
  });
}

/** Most events the excerpt holds; the manifest says where there were more. */
export const mostAuditEvents = 50_000;

/** [RT-5] Who looked at or changed the record, oldest first, without the hashes of the chain. */
export async function gatherAudit(tx: Tx, patientId: string): Promise<{ events: AuditRow[]; cut: boolean }> {
  const e = auditEvents;
  const events = await tx.rows
    .select()
    .from(e)
    .where(and(eq(e.organisationId, tx.actor.organisationId), eq(e.patientId, patientId)))
    .orderBy(asc(e.number))
    .limit(mostAuditEvents + 1);
  return { events: events.slice(0, mostAuditEvents), cut: events.length > mostAuditEvents };
}
