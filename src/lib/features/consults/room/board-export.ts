import { getLocale } from '#lib/paraglide/runtime.js';
import { m } from '#lib/paraglide/messages.js';
import { figureWords, type BoardController } from '#lib/features/board/index.ts';
import { type FigureImage, figuresAsCsv, figuresAsJson } from '#lib/features/board/figures.ts';
import { imageLabel, type ImageView } from '#lib/features/imaging/index.ts';
import { ApiError, api } from '#lib/ui/api.ts';
import type { BoardExport } from '../schema.ts';
import type { BoardExportHead } from '../views.ts';

export type BoardExportChoice = 'board-png' | 'image-png' | 'board-svg' | 'pdf' | 'csv' | 'json';

/** Longest side of a page's picture, pixels: sharp on A4, and sixty pages stay within what is taken in. */
const pagePx = 1_800;
const manyPagesPx = 1_000;
const manyPages = 6;
const picturePx = 4_096;

/**
 * Make a file of the board and hand it to the browser. The server writes it down before, and says whose it is.
 * @returns false where there is nothing to export
 * @throws ApiError
 */
export async function exportFromBoard(options: {
  board: BoardController;
  consult: { id: string; number: string };
  images: readonly ImageView[];
  choice: BoardExportChoice;
}): Promise<boolean> {
  const { board, images, choice } = options;
  const { id, number } = options.consult;
  const path = `/api/consults/${id}/board/export`;
  const told = (format: BoardExport['format'], imageIds: string[]) =>
    api<BoardExportHead>('POST', path, { format, images: imageIds, locale: getLocale() });
  switch (choice) {
    case 'pdf': {
      const form = await pagesOf(board);
      if (!form) return false;
      save(await pdf(path, form), `${number}.pdf`);
      return true;
    }
    case 'csv':
    case 'json': {
      const figures = board.figures();
      if (figures.length === 0) return false;
      const known = new Map(images.map((image) => [image.id, facts(image)]));
      const head = await told(choice, [...new Set(figures.flatMap(({ imageId }) => imageId ?? []))]);
      const text =
        choice === 'csv'
          ? figuresAsCsv(figures, known, figureWords())
          : figuresAsJson(figures, known, { ...head });
      const type = choice === 'csv' ? 'text/csv;charset=utf-8' : 'application/json';
      save(new Blob([text], { type }), `${number}.${choice}`);
      return true;
    }
    case 'board-png':
    case 'image-png':
    case 'board-svg': {
      const format = choice === 'board-svg' ? 'svg' : 'png';
      const scope = choice === 'image-png' ? 'image' : 'board';
      const picture = await board.picture(scope, { format, most: picturePx });
      if (!picture) return false;
      const head = await told(format, picture.imageIds);
      const banner = bannerOf(head);
      const blob =
        format === 'svg' ? await svgUnder(banner, picture.blob) : await pngUnder(banner, picture.blob);
      save(blob, `${number}.${format}`);
      return true;
    }
  }
}

function facts(image: ImageView): FigureImage {
  return { sopInstanceUid: image.sopInstanceUid, title: imageLabel(image) };
}

async function pagesOf(board: BoardController): Promise<FormData | null> {
  const whole = await board.picture('board', { format: 'png', most: picturePx / 2 });
  if (!whole) return null;
  const form = new FormData();
  form.set('locale', getLocale());
  form.append('title', m.documents_board());
  form.append('page', whole.blob);
  const most = whole.imageIds.length > manyPages ? manyPagesPx : pagePx;
  for (const imageId of whole.imageIds) {
    const page = await board.picture({ imageId }, { format: 'png', most });
    if (!page) continue;
    form.append('image', imageId);
    form.append('title', page.title ?? '');
    form.append('page', page.blob);
  }
  return form;
}

async function pdf(path: string, form: FormData): Promise<Blob> {
  const answer = await fetch(path, { method: 'POST', body: form, credentials: 'same-origin' }).catch(
    () => null
  );
  if (!answer) throw new ApiError('unreachable');
  if (answer.ok) return answer.blob();
  const said = (await answer.json().catch(() => ({}))) as { code?: string };
  throw new ApiError(said.code ?? 'internal');
}

/** Whose it is and who took it out, in one line. */
function bannerOf({ patient, consultNumber, organisation, by, at, timeZone }: BoardExportHead): string {
  const when = new Intl.DateTimeFormat(getLocale(), { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const made = m.documents_board_made({ by, at: when.format(new Date(at)) });
  return [
    patient.name,
    patient.sex,
    patient.birthDate,
    patient.number,
    consultNumber,
    organisation,
    made
  ].join(' · ');
}

const fonts = "'PingFang SC', 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";

async function pngUnder(banner: string, png: Blob): Promise<Blob> {
  const picture = await createImageBitmap(png);
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d')!;
  context.font = `100px ${fonts}`;
  const size = Math.min(40, Math.max(12, ((picture.width - 32) / context.measureText(banner).width) * 100));
  const strip = Math.ceil(size * 2.2);
  canvas.height = picture.height + strip;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#13201f';
  context.font = `${size}px ${fonts}`;
  context.textBaseline = 'middle';
  context.fillText(banner, 16, strip / 2, picture.width - 32);
  context.drawImage(picture, 0, strip);
  picture.close();
  return canvas.convertToBlob({ type: 'image/png' });
}

async function svgUnder(banner: string, svg: Blob): Promise<Blob> {
  const drawn = new DOMParser().parseFromString(await svg.text(), 'image/svg+xml').documentElement;
  const [width, height] = [Number(drawn.getAttribute('width')), Number(drawn.getAttribute('height'))];
  const size = Math.max(12, width / 70);
  const strip = size * 2.2;
  const page = document.implementation.createDocument('http://www.w3.org/2000/svg', 'svg');
  const root = page.documentElement;
  const set = (element: Element, values: Record<string, string | number>) => {
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
  };
  set(root, { width, height: height + strip, viewBox: `0 0 ${width} ${height + strip}` });
  const text = page.createElementNS('http://www.w3.org/2000/svg', 'text');
  set(text, { x: size, y: size * 1.4, 'font-size': size, 'font-family': fonts, fill: '#13201f' });
  text.textContent = banner;
  const inner = page.importNode(drawn, true);
  set(inner, { y: strip });
  root.append(text, inner);
  return new Blob([new XMLSerializer().serializeToString(page)], { type: 'image/svg+xml' });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
