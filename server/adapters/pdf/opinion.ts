import type { OpinionDocument } from '#lib/kernel/ports.ts';
import { m } from '#lib/paraglide/messages.js';
import { readPngSize } from './png.ts';
import { body, contentWidth, heading, ink, page, Sheet, small, type Fonts, type TextStyle } from './sheet.ts';

/** The letter that carries a signed opinion: A4, one or two pages, tagged, text selectable. */
export async function renderOpinion(document: OpinionDocument, fonts: Fonts): Promise<Uint8Array> {
  const words = wordsIn(document.locale);
  const signedAt = new Date(document.signedAt);
  const sheet = new Sheet({
    fonts,
    lang: document.locale,
    info: {
      // No patient here: file lists and search indexes show these fields.
      Title: `${words.title} ${document.consultNumber}`,
      Subject: words.subject,
      Author: document.author.name,
      Creator: 'Consilium',
      Producer: 'Consilium',
      ...(Number.isNaN(signedAt.getTime()) ? {} : { CreationDate: signedAt })
    }
  });

  letterhead(sheet, document, words);
  banner(sheet, document, words);
  section(sheet, words.question, document.question, words);
  if (document.teeth.length > 0)
    section(sheet, words.teeth, document.teeth.join(document.locale === 'en' ? ', ' : '、'), words);
  findings(sheet, document, words);
  section(sheet, words.diagnosis, document.diagnosis, words);
  section(sheet, words.opinion, document.opinion, words);
  section(sheet, words.advice, document.advice, words);
  plan(sheet, document, words);
  images(sheet, document, words);
  board(sheet, document, words);
  signature(sheet, document, words);
  if (sheet.glyphs.missing.size > 0)
    sheet.paragraph(words.missingGlyphs([...sheet.glyphs.missing].slice(0, 40).join(' ')), small);

  sheet.onEveryPage((number, count) => {
    if (number > 1) runningHead(sheet, document, words);
    footer(sheet, document, words, number, count);
    if (document.draft) watermark(sheet, words.draft);
  });
  return sheet.end();
}

type Words = ReturnType<typeof wordsIn>;

/** Every label of the letter in one language. */
function wordsIn(locale: OpinionDocument['locale']) {
  const in_ = { locale };
  return {
    title: m.documents_opinion_title({}, in_),
    subject: m.documents_subject({}, in_),
    consultNumber: m.documents_consult_number({}, in_),
    patient: m.documents_patient({}, in_),
    sex: m.documents_sex({}, in_),
    birthDate: m.documents_birth_date({}, in_),
    patientNumber: m.documents_patient_number({}, in_),
    question: m.documents_question({}, in_),
    teeth: m.documents_teeth({}, in_),
    findings: m.documents_findings({}, in_),
    tooth: m.documents_tooth({}, in_),
    finding: m.documents_finding({}, in_),
    noFindings: m.documents_no_findings({}, in_),
    diagnosis: m.documents_diagnosis({}, in_),
    opinion: m.documents_opinion({}, in_),
    advice: m.documents_advice({}, in_),
    plan: m.documents_plan({}, in_),
    planItem: m.documents_plan_item({}, in_),
    visits: m.documents_visits({}, in_),
    images: m.documents_images({}, in_),
    board: m.documents_board({}, in_),
    boardUnreadable: m.documents_board_unreadable({}, in_),
    none: m.documents_none({}, in_),
    signedBy: m.documents_signed_by({}, in_),
    licence: (number: string) => m.documents_licence({ number }, in_),
    signedAt: m.documents_signed_at({}, in_),
    unsigned: m.documents_unsigned({}, in_),
    draft: m.documents_draft({}, in_),
    digest: m.documents_digest({}, in_),
    digestHint: m.documents_digest_hint({}, in_),
    missingGlyphs: (codes: string) => m.documents_missing_glyphs({ codes }, in_),
    page: (number: number, count: number) => m.documents_page({ page: number, pages: count }, in_)
  };
}

const title: TextStyle = { size: 19, leading: 28, bold: true };
const label: TextStyle = { ...small };
const value: TextStyle = { size: 11, leading: 16 };

function letterhead(sheet: Sheet, document: OpinionDocument, words: Words): void {
  const right = `${words.consultNumber} ${document.consultNumber}`;
  const rightStyle = { ...small, size: 9.5 };
  const width = sheet.widthOf(right, rightStyle);
  for (const line of sheet.lines(document.organisation, heading, contentWidth - width - 20)) {
    sheet.tagged('P', () => sheet.put(line, page.left, sheet.y, { ...heading, color: ink.muted }));
    sheet.gap(heading.leading);
  }
  const y = sheet.y - heading.leading;
  sheet.tagged('P', () =>
    sheet.put(sheet.glyphs.clean(right), page.width - page.right - width, y + 2, rightStyle)
  );
  sheet.tagged('H1', () => sheet.put(words.title, page.left, sheet.y, title));
  sheet.gap(title.leading + 6);
}

/** Who it is about, in a frame: the guard against the wrong patient. */
function banner(sheet: Sheet, document: OpinionDocument, words: Words): void {
  const { patient } = document;
  const fields = [
    { label: words.patient, value: patient.name, width: 0.34, bold: true },
    { label: words.sex, value: patient.sex, width: 0.14, bold: false },
    { label: words.birthDate, value: patient.birthDate, width: 0.24, bold: false },
    { label: words.patientNumber, value: patient.number, width: 0.28, bold: false }
  ].map((field) => ({
    ...field,
    lines: sheet.lines(
      field.value || words.none,
      { ...value, bold: field.bold },
      contentWidth * field.width - 20
    )
  }));
  const height = 12 + label.leading + value.leading * Math.max(...fields.map((field) => field.lines.length));
  const top = sheet.y;
  sheet.artifact(() => {
    sheet.doc.roundedRect(page.left, top, contentWidth, height, 5).fillAndStroke(ink.soft, ink.line);
  });
  let x = page.left + 10;
  for (const field of fields) {
    sheet.tagged('P', () => {
      sheet.put(field.label, x, top + 5, label);
      field.lines.forEach((line, i) =>
        sheet.put(line, x, top + 5 + label.leading + i * value.leading, { ...value, bold: field.bold })
      );
    });
    x += contentWidth * field.width;
  }
  sheet.y = top + height;
  sheet.gap(4);
}

function section(sheet: Sheet, name: string, text: string, words: Words): void {
  sheet.heading(name, 2 * body.leading);
  if (text.trim() === '') sheet.paragraph(words.none, { ...body, color: ink.muted });
  else sheet.paragraph(text.trim());
}

function findings(sheet: Sheet, document: OpinionDocument, words: Words): void {
  sheet.heading(words.findings, 3 * body.leading);
  if (document.findings.length === 0) {
    sheet.paragraph(words.noFindings, { ...body, color: ink.muted });
    return;
  }
  sheet.table(
    [
      { title: words.tooth, width: 64 },
      { title: words.finding, width: contentWidth - 64 }
    ],
    document.findings.map((finding) => [finding.tooth, finding.text])
  );
}

function plan(sheet: Sheet, document: OpinionDocument, words: Words): void {
  if (document.plan.length === 0) return;
  sheet.heading(words.plan, 5 * body.leading);
  document.plan.forEach((phase, index) => {
    sheet.need(4 * body.leading);
    sheet.paragraph(`${index + 1}. ${phase.phase}`, { ...body, bold: true });
    sheet.table(
      [
        { title: words.tooth, width: 64 },
        { title: words.planItem, width: contentWidth - 64 - 60 },
        { title: words.visits, width: 60 }
      ],
      phase.items.map((item) => [item.tooth, item.text, String(item.visits)])
    );
  });
}

function images(sheet: Sheet, document: OpinionDocument, words: Words): void {
  if (document.images.length === 0) return;
  sheet.heading(words.images, 2 * body.leading);
  document.images.forEach((image, index) => {
    sheet.need(body.leading + (image.sopInstanceUid ? small.leading : 0));
    sheet.paragraph(`${index + 1}. ${[image.label, image.date].filter(Boolean).join(' · ')}`);
    if (image.sopInstanceUid) {
      sheet.gap(-3);
      sheet.paragraph(`SOP Instance UID ${image.sopInstanceUid}`, small, { indent: 14 });
    }
  });
}

function board(sheet: Sheet, document: OpinionDocument, words: Words): void {
  if (!document.boardPng) return;
  const size = readPngSize(document.boardPng);
  if (!size) {
    sheet.heading(words.board, body.leading);
    sheet.paragraph(words.boardUnreadable, { ...body, color: ink.muted });
    return;
  }
  const scale = Math.min(contentWidth / size.width, 300 / size.height);
  const [width, height] = [size.width * scale, size.height * scale];
  sheet.heading(words.board, height + 4);
  const png = Buffer.from(document.boardPng);
  sheet.tagged(
    'Figure',
    () => sheet.doc.image(png, page.left, sheet.y, { width, height }),
    undefined,
    words.board
  );
  sheet.artifact(() => {
    sheet.doc.rect(page.left, sheet.y, width, height).lineWidth(0.6).stroke(ink.line);
  });
  sheet.gap(height + 6);
}

function signature(sheet: Sheet, document: OpinionDocument, words: Words): void {
  const { author } = document;
  const digest = sheet.lines(document.digest, small, contentWidth - 24);
  const hint = sheet.lines(words.digestHint, small, contentWidth - 24);
  const who = sheet.lines(
    [author.name, author.title, author.organisation].filter(Boolean).join(' · '),
    { ...value, bold: true },
    contentWidth - 24
  );
  const when = document.draft ? words.unsigned : instantText(document);
  const signed = !document.draft;
  const height =
    20 +
    label.leading +
    who.length * value.leading +
    (author.licence ? value.leading : 0) +
    value.leading +
    (signed ? 5 + label.leading + (digest.length + hint.length) * small.leading : 0);
  sheet.gap(10);
  sheet.need(height);
  const top = sheet.y;
  sheet.artifact(() => {
    sheet.doc.roundedRect(page.left, top, contentWidth, height, 5).lineWidth(0.8).stroke(ink.line);
  });
  let y = top + 9;
  const put = (lines: string[], style: TextStyle) =>
    sheet.tagged('P', () => {
      for (const line of lines) {
        sheet.put(line, page.left + 12, y, style);
        y += style.leading;
      }
    });
  put([words.signedBy], label);
  put(who, { ...value, bold: true });
  if (author.licence) put([words.licence(author.licence)], { ...value, size: 10 });
  put([`${words.signedAt} ${when}`], { ...value, size: 10 });
  if (signed) {
    y += 5;
    put([words.digest], label);
    put(digest, { ...small, color: ink.text });
    put(hint, small);
  }
  sheet.y = top + height;
  sheet.gap(6);
}

/** From the second page on: whose letter this is. */
function runningHead(sheet: Sheet, document: OpinionDocument, words: Words): void {
  const { patient } = document;
  const text = [
    patient.name,
    patient.sex,
    patient.birthDate,
    `${words.patientNumber} ${patient.number}`
  ].join(' · ');
  const number = `${words.consultNumber} ${document.consultNumber}`;
  const [line = ''] = sheet.lines(text, small, contentWidth - sheet.widthOf(number, small) - 16);
  sheet.put(line, page.left, 34, { ...small, color: ink.text });
  sheet.put(sheet.glyphs.clean(number), page.width - page.right - sheet.widthOf(number, small), 34, small);
  sheet.doc
    .moveTo(page.left, 51)
    .lineTo(page.width - page.right, 51)
    .lineWidth(0.6)
    .stroke(ink.line);
}

function footer(sheet: Sheet, document: OpinionDocument, words: Words, number: number, count: number): void {
  const y = page.height - 42;
  sheet.doc
    .moveTo(page.left, y)
    .lineTo(page.width - page.right, y)
    .lineWidth(0.6)
    .stroke(ink.line);
  const pages = words.page(number, count);
  sheet.put(pages, page.width - page.right - sheet.widthOf(pages, small), y + 6, small);
  const left = [words.title, document.digest ? `SHA-256 ${document.digest.slice(0, 16)}…` : ''].filter(
    Boolean
  );
  sheet.put(sheet.glyphs.clean(left.join(' · ')), page.left, y + 6, small);
}

function watermark(sheet: Sheet, text: string): void {
  const style: TextStyle = { size: 120, leading: 170, bold: true, color: '#b42318' };
  const width = sheet.widthOf(text, style);
  sheet.doc.save();
  sheet.doc.rotate(-38, { origin: [page.width / 2, page.height / 2] }).fillOpacity(0.09);
  sheet.put(text, page.width / 2 - width / 2, page.height / 2 - style.leading / 2, style);
  sheet.doc.restore();
  sheet.doc.fillOpacity(1);
}

/** `2026-11-22 16:30 (Asia/Shanghai)`; what is no instant is shown as it came. */
function instantText({ signedAt, locale, timeZone = 'UTC' }: OpinionDocument): string {
  const instant = new Date(signedAt);
  if (Number.isNaN(instant.getTime())) return signedAt;
  const text = new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone
  }).format(instant);
  return `${text} (${timeZone})`;
}
