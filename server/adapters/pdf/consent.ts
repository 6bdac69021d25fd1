import type { ConsentDocument } from '#lib/kernel/ports.ts';
import { m } from '#lib/paraglide/messages.js';
import { body, contentWidth, heading, ink, page, Sheet, small, type Fonts } from './sheet.ts';

/** Consent receipts: A4, as many pages as it takes, tagged, text selectable. */
export async function renderConsent(document: ConsentDocument, fonts: Fonts): Promise<Uint8Array> {
  const in_ = { locale: document.locale };
  const title = m.documents_consent_title({}, in_);
  const { patient } = document;
  const sheet = new Sheet({
    fonts,
    lang: document.locale,
    // No patient here: file lists and search indexes show these fields.
    info: { Title: title, Creator: 'Consilium', Producer: 'Consilium' }
  });
  sheet.paragraph(document.organisation, { ...heading, color: ink.muted });
  sheet.tagged('H1', () => sheet.put(title, page.left, sheet.y, { size: 19, leading: 28, bold: true }));
  sheet.gap(32);
  sheet.paragraph(
    [
      `${m.documents_patient({}, in_)} ${patient.name}`,
      `${m.documents_patient_number({}, in_)} ${patient.number}`,
      `${m.documents_birth_date({}, in_)} ${patient.birthDate}`
    ].join('   '),
    { ...body, bold: true }
  );
  sheet.paragraph(m.documents_consent_intro({}, in_), { ...body, color: ink.muted });
  if (document.receipts.length === 0) sheet.paragraph(m.documents_consent_none({}, in_));
  for (const receipt of document.receipts) {
    sheet.heading(
      `${m.documents_consent_number({ number: receipt.number }, in_)} · ${receipt.title}`,
      4 * body.leading
    );
    sheet.paragraph(receipt.text, { ...body, color: ink.muted }, { indent: 10 });
    sheet.paragraph(
      m.documents_consent_answer({ person: receipt.person, answer: receipt.answer }, in_),
      { ...body, bold: true },
      { indent: 10 }
    );
    sheet.paragraph(receipt.said, body, { indent: 10 });
    if (receipt.withdrawn) sheet.paragraph(receipt.withdrawn, { ...body, bold: true }, { indent: 10 });
    sheet.paragraph(
      m.documents_consent_version({ version: receipt.version, hash: receipt.textHash }, in_),
      small,
      { indent: 10 }
    );
  }
  const printed = m.documents_consent_printed({ at: document.printedAt }, in_);
  sheet.onEveryPage((number, count) => {
    const pages = m.documents_page({ page: number, pages: count }, in_);
    const y = page.height - 42;
    const left = sheet.lines(`${patient.name} ${patient.number} · ${printed}`, small, contentWidth - 60)[0];
    sheet.put(left ?? '', page.left, y + 6, small);
    sheet.put(pages, page.width - page.right - sheet.widthOf(pages, small), y + 6, small);
  });
  return sheet.end();
}
