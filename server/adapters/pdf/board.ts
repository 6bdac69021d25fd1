import { fail } from '#lib/kernel/errors.ts';
import type { BoardDocument } from '#lib/kernel/ports.ts';
import { m } from '#lib/paraglide/messages.js';
import { readPngSize } from './png.ts';
import { contentWidth, heading, ink, page, Sheet, small, type Fonts } from './sheet.ts';

const footerTop = page.height - 42;

/**
 * Pictures of a board, one a page, each under the patient's banner and with its number of how many.
 * @throws AppError `file_not_an_image` where a page is no whole PNG
 */
export async function renderBoard(document: BoardDocument, fonts: Fonts): Promise<Uint8Array> {
  const in_ = { locale: document.locale };
  const title = m.documents_board({}, in_);
  const sheet = new Sheet({
    fonts,
    lang: document.locale,
    info: {
      // No patient here: file lists and search indexes show these fields.
      Title: `${title} ${document.consultNumber}`,
      Author: document.by,
      Creator: 'Consilium',
      Producer: 'Consilium',
      CreationDate: new Date(document.at)
    }
  });
  document.pages.forEach(({ title: name, png }, i) => {
    if (i > 0) sheet.turn();
    picture(sheet, name, png);
  });
  const { patient } = document;
  const banner = [
    patient.name,
    patient.sex,
    patient.birthDate,
    `${m.documents_patient_number({}, in_)} ${patient.number}`
  ].join(' · ');
  const number = `${m.documents_consult_number({}, in_)} ${document.consultNumber}`;
  const made = m.documents_board_made({ by: document.by, at: madeAt(document) }, in_);
  sheet.onEveryPage((at, count) => {
    const [line = ''] = sheet.lines(banner, heading, contentWidth - sheet.widthOf(number, small) - 16);
    sheet.put(line, page.left, 30, { ...heading, color: ink.text });
    sheet.put(sheet.glyphs.clean(number), page.width - page.right - sheet.widthOf(number, small), 34, small);
    const pages = m.documents_page({ page: at, pages: count }, in_);
    sheet.put(pages, page.width - page.right - sheet.widthOf(pages, small), footerTop + 6, small);
    sheet.put(sheet.glyphs.clean(`${document.organisation} · ${made}`), page.left, footerTop + 6, small);
  });
  return sheet.end();
}

/** As large as the page allows, under its name. */
function picture(sheet: Sheet, name: string, png: Uint8Array): void {
  const size = readPngSize(png);
  if (!size) throw fail('file_not_an_image');
  sheet.paragraph(name, heading);
  const room = footerTop - sheet.y - 12;
  const scale = Math.min(contentWidth / size.width, room / size.height);
  const top = sheet.y;
  sheet.tagged(
    'Figure',
    () =>
      sheet.doc.image(Buffer.from(png), page.left, top, {
        width: size.width * scale,
        height: size.height * scale
      }),
    undefined,
    name
  );
  sheet.y = top + size.height * scale;
}

function madeAt({ at, locale, timeZone }: BoardDocument): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone
  }).format(new Date(at));
}
