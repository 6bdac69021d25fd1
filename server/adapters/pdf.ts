import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as fontkit from 'fontkit';
import type { Font } from 'fontkit';
import type { PdfRenderer } from '#lib/kernel/ports.ts';
import { renderBoard } from './pdf/board.ts';
import { renderConsent } from './pdf/consent.ts';
import { renderOpinion } from './pdf/opinion.ts';
import type { Fonts } from './pdf/sheet.ts';

const require = createRequire(import.meta.url);

/**
 * Letters as PDF. The typeface is Noto Sans SC (SIL Open Font License 1.1): whole TrueType files with all
 * Han characters of Unicode's basic block and extension A, subset into each document. They are read once, at
 * the first letter.
 */
export function createPdfRenderer(): PdfRenderer {
  let fonts: Promise<Fonts> | null = null;
  return {
    async opinion(document) {
      fonts ??= loadFonts();
      return renderOpinion(document, await fonts);
    },
    async consent(document) {
      fonts ??= loadFonts();
      return renderConsent(document, await fonts);
    },
    async board(document) {
      fonts ??= loadFonts();
      return renderBoard(document, await fonts);
    }
  };
}

async function loadFonts(): Promise<Fonts> {
  const [regular, bold] = await Promise.all([
    open('@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'),
    open('@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf')
  ]);
  return { regular, bold };
}

async function open(file: string): Promise<Font> {
  const font = fontkit.create(await readFile(require.resolve(file)));
  if (!('characterSet' in font)) throw new Error(`${file} is a collection, not a single font`);
  return font;
}
