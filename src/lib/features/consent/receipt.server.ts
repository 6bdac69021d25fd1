import { desc, eq } from 'drizzle-orm';
import { fail } from '#lib/kernel/errors.ts';
import type { ConsentDocument } from '#lib/kernel/ports.ts';
import { patients } from '#lib/features/patients/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { purposeText, stateText, wayText } from './words.ts';
import { mayReadConsents } from './policy.server.ts';
import { consentReceipts } from './tables.server.ts';
import { consentTexts } from './texts.ts';
import { m } from '#lib/paraglide/messages.js';

/**
 * The patient's consent receipts as a PDF: every question in the words that were shown, with the answer.
 * @throws AppError `forbidden`, `not_found`
 */
export async function printReceipts(
  call: Call<'pdf'>,
  patientId: string,
  locale: 'zh-CN' | 'en'
): Promise<{ bytes: Uint8Array; number: string }> {
  const { actor } = call;
  const document = await inTransaction(call, async (tx): Promise<ConsentDocument> => {
    const [patient] = await tx.rows.select().from(patients).where(eq(patients.id, patientId));
    if (!patient || patient.organisationId !== actor.organisationId) throw fail('not_found');
    if (!mayReadConsents(actor, patient)) throw fail('forbidden');
    const [organisation] = await tx.rows
      .select()
      .from(organisations)
      .where(eq(organisations.id, patient.organisationId));
    const rows = await tx.rows
      .select()
      .from(consentReceipts)
      .where(eq(consentReceipts.patientId, patientId))
      .orderBy(desc(consentReceipts.number));
    await tx.audit({ action: 'consent.print', subject: { type: 'patient', id: patientId }, patientId });
    const timeZone = organisation?.timeZone ?? 'UTC';
    const at = (instant: Date) =>
      new Intl.DateTimeFormat(locale, {
        dateStyle: 'long',
        timeStyle: 'short',
        hourCycle: 'h23',
        timeZone
      }).format(instant);
    return {
      locale,
      organisation: (locale === 'en' ? organisation?.nameEn : organisation?.name) ?? '',
      patient: { name: patient.name, number: patient.number, birthDate: patient.birthDate },
      receipts: rows
        .filter((row) => row.personKind !== 'member')
        .map((row) => {
          // In the language it was asked in: a translation is not what was agreed to.
          const asked = consentTexts.find(
            ({ purpose, version }) => purpose === row.purpose && version === row.version
          );
          return {
            number: row.number,
            title: asked?.words[row.locale].title ?? purposeText(row.purpose, locale),
            text: asked?.words[row.locale].text ?? '',
            version: row.version,
            textHash: row.textHash,
            person: row.personName,
            answer: stateText(row.answer, locale),
            said: m.documents_consent_said(
              { by: row.byName, way: wayText(row.way, locale), at: at(row.at) },
              { locale }
            ),
            withdrawn: row.withdrawnAt
              ? m.documents_consent_withdrawn(
                  { by: row.withdrawnByName ?? '', at: at(row.withdrawnAt) },
                  { locale }
                )
              : null
          };
        }),
      printedAt: at(tx.now),
      timeZone
    };
  });
  return { bytes: await call.pdf.consent(document), number: document.patient.number };
}
