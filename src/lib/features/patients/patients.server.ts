import { and, asc, desc, eq, isNull, or, sql } from 'drizzle-orm';
import { clinicsOf, type Actor, type MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { holds, right } from '#lib/kernel/rights.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { clinics } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, oneAtATime, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { couldBeBorn } from './birth.ts';
import { contactIs, openContact, sealContact } from './contact.server.ts';
import { healthItems, notes, patients, recentPatients } from './tables.server.ts';
import type { HealthItemInput, NoteInput, PatientInput } from './schema.ts';

export interface PatientLine {
  id: string;
  number: string;
  name: string;
  sex: 'female' | 'male' | 'other' | 'unknown';
  birthDate: string;
}
/** A row of the list. */
export interface PatientListLine extends PatientLine {
  /** When the reader last opened this patient. */
  openedAt: Date | null;
}
export interface PatientHead extends PatientLine {
  organisationId: string;
  clinicId: string;
  /** Full number for the own side, the last four digits hidden from nobody there; null for a remote expert. */
  phone: string | null;
  own: boolean;
}
export interface HealthItemView {
  id: string;
  kind: 'allergy' | 'condition' | 'medication';
  label: string;
  code: string | null;
  detail: string | null;
  severity: 'low' | 'high' | null;
  since: string | null;
}
export interface NoteView {
  id: string;
  text: string;
  teeth: string[];
  authorName: string;
  writtenAt: Date;
  consultId: string | null;
}

export const patientActs = {
  add: right('patient:add', {
    usual: ['owner', 'dentist', 'nurse', 'receptionist'],
    most: ['owner', 'dentist', 'expert', 'nurse', 'receptionist']
  }),
  write: right('patient:write', {
    usual: ['owner', 'dentist', 'nurse'],
    most: ['owner', 'dentist', 'expert', 'nurse']
  })
};

/** [PA-1] Every member may find and read patients: of the clinics they see, which row-level security holds. */
export function mayReadPatients(actor: Actor): actor is MemberActor {
  return actor.kind === 'member';
}

/** Whoever receives patients; an expert answers questions about those of others. */
export function mayAddPatient(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && holds(actor, patientActs.add);
}

/** [PA-2] Clinical facts are written by clinicians and nurses; the front desk keeps identity and contact. */
export function mayWriteRecord(actor: Actor): actor is MemberActor {
  return actor.kind === 'member' && holds(actor, patientActs.write);
}

/**
 * Patients whose name or number contains the query, or whose phone or national id it is, at most 50; without a query those opened lately, then by name
 * (at most 300). A remote expert's grants do not widen this list: it is the clinic's own.
 */
export async function listPatients(
  call: Call<'fields', MemberActor>,
  query = ''
): Promise<PatientListLine[]> {
  if (!mayReadPatients(call.actor)) throw fail('forbidden');
  const text = query.trim().slice(0, 100);
  const exactly = text ? await contactIs(call.fields, call.actor.organisationId, text) : undefined;
  return inTransaction(call, async (tx) => {
    const like = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    const rows = await tx.rows
      .select({
        id: patients.id,
        number: patients.number,
        name: patients.name,
        sex: patients.sex,
        birthDate: patients.birthDate,
        openedAt: recentPatients.openedAt
      })
      .from(patients)
      .leftJoin(
        recentPatients,
        and(eq(recentPatients.patientId, patients.id), eq(recentPatients.userId, call.actor.userId))
      )
      .where(
        and(
          eq(patients.organisationId, call.actor.organisationId),
          text
            ? or(sql`${patients.name} ilike ${like}`, sql`${patients.number} ilike ${like}`, exactly)
            : undefined
        )
      )
      .orderBy(sql`${recentPatients.openedAt} desc nulls last`, asc(patients.name))
      .limit(text ? 50 : 300);
    await tx.audit({
      action: 'patient.list',
      subject: { type: 'patient', id: 'list' },
      detail: { found: rows.length }
    });
    return rows;
  });
}

/** Who the patient is and what must be known first. For a remote expert: only what was granted. */
export async function readPatient(
  call: Call<'fields', MemberActor>,
  patientId: string
): Promise<{ patient: PatientHead; health: HealthItemView[]; notes: NoteView[] }> {
  if (!mayReadPatients(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const row = await patientRow(tx, patientId);
    const patient = {
      ...row.head,
      phone: row.head.own ? await openContact(call.fields, row.stored, 'phone') : null
    };
    const health = await tx.rows
      .select()
      .from(healthItems)
      .where(and(eq(healthItems.patientId, patientId), isNull(healthItems.endedAt)))
      .orderBy(asc(healthItems.kind), asc(healthItems.createdAt));
    const written = await tx.rows
      .select()
      .from(notes)
      .where(eq(notes.patientId, patientId))
      .orderBy(desc(notes.writtenAt))
      .limit(200);
    if (patient.own)
      await tx.rows
        .insert(recentPatients)
        .values({
          organisationId: call.actor.organisationId,
          userId: call.actor.userId,
          patientId,
          openedAt: tx.now
        })
        .onConflictDoUpdate({
          target: [recentPatients.organisationId, recentPatients.userId, recentPatients.patientId],
          set: { openedAt: tx.now }
        });
    await tx.audit({
      action: 'patient.read',
      subject: { type: 'patient', id: patientId },
      patientId,
      organisationId: patient.organisationId
    });
    return { patient, health: health.map(healthView), notes: written.map(noteView) };
  });
}

/**
 * Put a patient in, under the next number of the organisation. With an `id` from the form, a repeated request returns
 * the first.
 * @throws AppError `forbidden`, `not_found` (the clinic), `invalid_input` (born in the future, or too long ago),
 * `conflict` (the id is another patient's)
 */
export async function addPatient(
  call: Call<'fields', MemberActor>,
  input: PatientInput
): Promise<{ id: string }> {
  if (!mayAddPatient(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    if (!couldBeBorn(input.birthDate, tx.now)) throw fail('invalid_input', { field: 'birthDate' });
    const [clinic] = await tx.rows
      .select({ id: clinics.id })
      .from(clinics)
      .where(
        and(
          eq(clinics.organisationId, call.actor.organisationId),
          eq(clinics.id, input.clinicId),
          isNull(clinics.closedAt)
        )
      );
    if (!clinic || !(clinicsOf(call.actor)?.includes(clinic.id) ?? true)) throw fail('not_found');
    const { id = newId(tx.now.getTime()), phone, email, nationalId, address, ...open } = input;
    await oneAtATime(tx, `patient:${id}`);
    const [made] = await tx.rows.select().from(patients).where(eq(patients.id, id));
    if (made) {
      const same = made.name === open.name && made.sex === open.sex && made.birthDate === open.birthDate;
      if (!same || made.organisationId !== call.actor.organisationId) throw fail('conflict');
      return { id };
    }
    const row = { id, organisationId: call.actor.organisationId };
    const {
      rows: [running]
    } = await tx.rows.execute<{ next: string }>(
      sql`select next_number(${call.actor.organisationId}::uuid, 'patient') as next`
    );
    await tx.rows.insert(patients).values({
      ...open,
      ...row,
      ...(await sealContact(call.fields, row, { phone, email, nationalId, address })),
      number: `P${String(running!.next).padStart(6, '0')}`
    });
    await tx.audit({ action: 'patient.add', subject: { type: 'patient', id }, patientId: id });
    return { id };
  });
}

/** @throws AppError `forbidden`, `not_found`, `conflict` (its id stands for another note) */
export async function addNote(call: Call<never, MemberActor>, input: NoteInput): Promise<NoteView> {
  if (!mayWriteRecord(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await ownPatient(tx, input.patientId);
    const { id = newId(tx.now.getTime()) } = input;
    await oneAtATime(tx, `note:${id}`);
    const [made] = await tx.rows.select().from(notes).where(eq(notes.id, id));
    if (made) {
      if (made.patientId !== input.patientId || made.text !== input.text) throw fail('conflict');
      return noteView(made);
    }
    const [note] = await tx.rows
      .insert(notes)
      .values({
        id,
        organisationId: call.actor.organisationId,
        patientId: input.patientId,
        text: input.text,
        teeth: input.teeth,
        authorId: call.actor.userId,
        authorName: call.actor.name,
        writtenAt: tx.now
      })
      .returning();
    await tx.audit({
      action: 'note.write',
      subject: { type: 'note', id: note!.id },
      patientId: input.patientId
    });
    return noteView(note!);
  });
}

/** @throws AppError `forbidden`, `not_found`, `conflict` (its id stands for another item) */
export async function addHealthItem(
  call: Call<never, MemberActor>,
  input: HealthItemInput
): Promise<HealthItemView> {
  if (!mayWriteRecord(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    await ownPatient(tx, input.patientId);
    const { id = newId(tx.now.getTime()) } = input;
    await oneAtATime(tx, `health-item:${id}`);
    const [made] = await tx.rows.select().from(healthItems).where(eq(healthItems.id, id));
    if (made) {
      const same =
        made.patientId === input.patientId && made.kind === input.kind && made.label === input.label;
      if (!same) throw fail('conflict');
      return healthView(made);
    }
    const [item] = await tx.rows
      .insert(healthItems)
      .values({
        organisationId: call.actor.organisationId,
        ...input,
        id,
        recordedById: call.actor.userId,
        recordedByName: call.actor.name
      })
      .returning();
    await tx.audit({
      action: 'health-item.add',
      subject: { type: 'health-item', id: item!.id },
      patientId: input.patientId
    });
    return healthView(item!);
  });
}

/** No longer true: the item stays in the record, ended. */
export async function endHealthItem(call: Call<never, MemberActor>, itemId: string): Promise<void> {
  if (!mayWriteRecord(call.actor)) throw fail('forbidden');
  await inTransaction(call, async (tx) => {
    const [item] = await tx.rows
      .update(healthItems)
      .set({ endedAt: tx.now })
      .where(and(eq(healthItems.id, itemId), isNull(healthItems.endedAt)))
      .returning();
    if (!item) throw fail('not_found');
    await tx.audit({
      action: 'health-item.end',
      subject: { type: 'health-item', id: itemId },
      patientId: item.patientId
    });
  });
}

async function patientRow(
  tx: Tx,
  patientId: string
): Promise<{ head: Omit<PatientHead, 'phone'>; stored: typeof patients.$inferSelect }> {
  const [stored] = await tx.rows.select().from(patients).where(eq(patients.id, patientId));
  if (!stored) throw fail('not_found');
  const own = stored.organisationId === tx.actor.organisationId;
  const { id, organisationId, clinicId, number, name, sex, birthDate } = stored;
  return { head: { id, organisationId, clinicId, number, name, sex, birthDate, own }, stored };
}

async function ownPatient(tx: Tx, patientId: string): Promise<void> {
  const { head } = await patientRow(tx, patientId);
  if (!head.own) throw fail('forbidden');
}

function healthView(row: typeof healthItems.$inferSelect): HealthItemView {
  const { id, kind, label, code, detail, severity, since } = row;
  return { id, kind, label, code, detail, severity, since };
}

function noteView(row: typeof notes.$inferSelect): NoteView {
  const { id, text, teeth, authorName, writtenAt, consultId } = row;
  return { id, text, teeth, authorName, writtenAt, consultId };
}
