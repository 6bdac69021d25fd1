import PDFDocument from 'pdfkit';
import type { Font } from 'fontkit';
import { GlyphGuard } from './glyphs.ts';
import { wrapText } from './wrap.ts';

/** Lengths are in points (1/72 inch) throughout. */
export const page = { width: 595.28, height: 841.89, left: 56, right: 56, top: 64, bottom: 62 } as const;
export const contentWidth = page.width - page.left - page.right;
const floor = page.height - page.bottom;

export const ink = {
  text: '#13201f',
  muted: '#5d6c6a',
  line: '#cfd8d7',
  accent: '#0b7069',
  soft: '#eef5f4'
} as const;

export interface TextStyle {
  size: number;
  bold?: boolean;
  color?: string;
  /** Baseline to baseline. */
  leading: number;
}
export const body: TextStyle = { size: 10.5, leading: 17 };
export const small: TextStyle = { size: 8.5, leading: 13, color: ink.muted };
export const heading: TextStyle = { size: 11.5, leading: 18, bold: true, color: ink.accent };

export interface Fonts {
  regular: Font;
  bold: Font;
}
type Tag = 'H1' | 'H2' | 'P' | 'Caption' | 'TH' | 'TD' | 'Figure' | 'LI';
type Structure = PDFKit.PDFStructureElement;

/**
 * A tagged A4 document with a cursor: draws paragraphs and tables line by line, turns pages without leaving
 * one line of a paragraph alone, and keeps headings with what they announce.
 */
export class Sheet {
  readonly doc: PDFKit.PDFDocument;
  readonly glyphs: GlyphGuard;
  y: number = page.top;
  readonly #fonts: Fonts;
  readonly #root: Structure;

  constructor(options: { fonts: Fonts; lang: string; info: PDFKit.DocumentInfo }) {
    this.#fonts = options.fonts;
    const known = new Set(options.fonts.regular.characterSet);
    this.glyphs = new GlyphGuard((code) => known.has(code));
    this.doc = new PDFDocument({
      size: 'A4',
      margins: { top: 0, bottom: 0, left: 0, right: 0 },
      pdfVersion: '1.7',
      tagged: true,
      lang: options.lang,
      displayTitle: true,
      bufferPages: true,
      autoFirstPage: true,
      info: options.info,
      // pdfkit's own default would embed Helvetica; its types do not know that "none" is allowed.
      font: null as unknown as string
    });
    this.#root = this.doc.struct('Document');
    this.doc.addStructure(this.#root);
  }

  use({ size, bold, color }: TextStyle): void {
    this.doc
      .font((bold ? this.#fonts.bold : this.#fonts.regular) as unknown as PDFKit.Mixins.PDFFontSource)
      .fontSize(size)
      .fillColor(color ?? ink.text);
  }

  lines(text: string, style: TextStyle, width: number): string[] {
    this.use(style);
    return wrapText(this.glyphs.clean(text), width, (part) => this.doc.widthOfString(part));
  }

  widthOf(text: string, style: TextStyle): number {
    this.use(style);
    return this.doc.widthOfString(this.glyphs.clean(text));
  }

  /** One line at a place, outside the flow. `text` must be clean. */
  put(text: string, x: number, y: number, style: TextStyle): void {
    this.use(style);
    this.doc.text(text, x, y + (style.leading - style.size * 1.45) / 2, { lineBreak: false });
  }

  room(): number {
    return floor - this.y;
  }

  /** Turn the page where less than `height` is left. */
  need(height: number): void {
    if (this.room() < height && this.y > page.top) this.turn();
  }

  turn(): void {
    this.doc.addPage();
    this.y = page.top;
  }

  gap(height: number): void {
    this.y += height;
  }

  /** Draw as one structure element below `parent`. The drawing must stay on one page. */
  tagged(tag: Tag, draw: () => void, parent: Structure = this.#root, alt?: string): void {
    const element = this.doc.struct(tag, alt ? { alt } : {});
    parent.add(element);
    this.#mark(element, tag, draw);
    element.end();
  }

  #mark(element: Structure, tag: Tag, draw: () => void): void {
    const content = this.doc.markStructureContent(tag);
    draw();
    this.doc.endMarkedContent();
    element.add(content);
  }

  /** Drawing that carries no meaning: rules, page numbers, the watermark. */
  artifact(draw: () => void): void {
    this.doc.markContent('Artifact', { type: 'Layout' });
    draw();
    this.doc.endMarkedContent();
  }

  group(tag: 'Table' | 'TR' | 'Sect' | 'L', parent: Structure = this.#root): Structure {
    const element = this.doc.struct(tag);
    parent.add(element);
    return element;
  }

  heading(text: string, keepWith: number): void {
    this.gap(9);
    this.need(heading.leading + 4 + keepWith);
    const y = this.y;
    this.artifact(() => {
      this.doc.rect(page.left, y + 3, 3, heading.leading - 6).fill(ink.accent);
    });
    this.tagged('H2', () => this.put(this.glyphs.clean(text), page.left + 9, y, heading));
    this.y += heading.leading + 3;
  }

  /** Text in the flow; at least two lines of a paragraph stay together on either side of a page's end. */
  paragraph(text: string, style: TextStyle = body, { indent = 0, tag = 'P' as Tag } = {}): void {
    for (const part of text.split(/\n{2,}/)) {
      let lines = this.lines(part, style, contentWidth - indent);
      const element = this.doc.struct(tag);
      this.#root.add(element);
      while (lines.length > 0) {
        let fitting = Math.floor(this.room() / style.leading);
        if (fitting < lines.length) {
          if (lines.length - fitting === 1) fitting -= 1;
          if (fitting < 2 && this.y > page.top) {
            this.turn();
            continue;
          }
        }
        const now = lines.slice(0, Math.max(1, fitting));
        this.#mark(element, tag, () => {
          for (const line of now) {
            if (line) this.put(line, page.left + indent, this.y, style);
            this.y += style.leading;
          }
        });
        lines = lines.slice(now.length);
      }
      element.end();
      this.gap(2);
    }
  }

  /** A table whose rows stay whole (unless taller than a page) and whose head is repeated on each page. */
  table(columns: readonly { title: string; width: number }[], rows: readonly (readonly string[])[]): void {
    const padding = 4;
    const table = this.group('Table');
    const lefts = columns.map((_, i) => page.left + columns.slice(0, i).reduce((sum, c) => sum + c.width, 0));
    const head = { ...small, bold: true, color: ink.muted };
    const drawHead = () => {
      const y = this.y;
      const height = head.leading + 5;
      this.artifact(() => {
        this.doc.rect(page.left, y, contentWidth, height).fill(ink.soft);
      });
      const row = this.group('TR', table);
      columns.forEach((column, i) =>
        this.tagged('TH', () => this.put(this.glyphs.clean(column.title), lefts[i]! + 6, y + 2.5, head), row)
      );
      row.end();
      this.y += height;
    };

    this.need(head.leading + 5 + body.leading + 2 * padding);
    drawHead();
    for (const cells of rows) {
      let left = cells.map((text, i) => this.lines(text, body, columns[i]!.width - 12));
      const longest = () => Math.max(...left.map((lines) => lines.length));
      const row = this.group('TR', table);
      if (
        longest() * body.leading + 2 * padding > this.room() &&
        longest() * body.leading < floor - page.top - 40
      ) {
        this.turn();
        drawHead();
      }
      while (longest() > 0) {
        const fitting = Math.max(1, Math.floor((this.room() - 2 * padding) / body.leading));
        const count = Math.min(longest(), fitting);
        const y = this.y + padding;
        left.forEach((lines, i) =>
          this.tagged(
            'TD',
            () =>
              lines
                .slice(0, count)
                .forEach((line, n) => this.put(line, lefts[i]! + 6, y + n * body.leading, body)),
            row
          )
        );
        this.y += count * body.leading + 2 * padding;
        left = left.map((lines) => lines.slice(count));
        if (longest() > 0) {
          this.turn();
          drawHead();
        }
      }
      row.end();
      this.rule(this.y);
    }
    table.end();
    this.gap(4);
  }

  rule(y: number, color: string = ink.line): void {
    this.artifact(() => {
      this.doc
        .moveTo(page.left, y)
        .lineTo(page.width - page.right, y)
        .lineWidth(0.6)
        .stroke(color);
    });
  }

  /** Draw on every page once all are there: `draw(number, count)`, both from 1. */
  onEveryPage(draw: (number: number, count: number) => void): void {
    const { start, count } = this.doc.bufferedPageRange();
    for (let i = 0; i < count; i++) {
      this.doc.switchToPage(start + i);
      this.artifact(() => draw(i + 1, count));
    }
  }

  async end(): Promise<Uint8Array> {
    this.#root.end();
    const chunks: Buffer[] = [];
    const done = new Promise<void>((resolve, reject) => {
      this.doc.on('data', (chunk: Buffer) => chunks.push(chunk));
      this.doc.on('end', resolve);
      this.doc.on('error', reject);
    });
    this.doc.end();
    await done;
    return new Uint8Array(Buffer.concat(chunks));
  }
}
