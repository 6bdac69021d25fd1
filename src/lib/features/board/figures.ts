import { csvCell } from '#lib/kernel/csv.ts';
import type { RegionStatistics } from '#lib/features/imaging/region.ts';
import type { Authorship, MeasureKind, Point, ShapeScale } from './shapes.ts';

/** One measurement of a board, with all that says what its value is worth. */
export interface Figure {
  id: string;
  kind: MeasureKind;
  /** FDI, or empty. */
  tooth: string;
  imageId: string | null;
  /** Points in image pixels, x to the right, y down. */
  points: readonly Point[];
  /** Of a region: its area. Null where there are too few points. */
  value: number | null;
  unit: 'px' | 'mm' | '°' | 'px²' | 'mm²' | '';
  stats: RegionStatistics | null;
  scale: ShapeScale;
  /** Which calibration of the image that is. */
  scaleVersion: number;
  author: Authorship | null;
}

/** What the page around knows of an image. */
export interface FigureImage {
  sopInstanceUid: string | null;
  /** Kind, date, side, teeth, in the reader's language. */
  title: string;
}

export interface FigureWords {
  columns: Readonly<Record<(typeof figureColumns)[number], string>>;
  kind(kind: MeasureKind): string;
  scale(scale: ShapeScale): string;
}

export const figureColumns = [
  'number',
  'imageUid',
  'image',
  'frame',
  'kind',
  'tooth',
  'value',
  'unit',
  'mean',
  'sd',
  'min',
  'max',
  'scale',
  'scaleVersion',
  'rowMm',
  'columnMm',
  'points',
  'by',
  'at'
] as const;

/** Values with as many digits as a hand can place, for lengths; grey values as they are. */
const digits = 3;

/** A table for a spreadsheet: RFC 4180, with the mark by which Excel knows UTF-8, and no cell that it would run. */
export function figuresAsCsv(
  figures: readonly Figure[],
  images: ReadonlyMap<string, FigureImage>,
  words: FigureWords
): string {
  const rows = figures.map((figure, i) => {
    const { author, scale, stats } = figure;
    const image = figure.imageId === null ? undefined : images.get(figure.imageId);
    const cells: Record<(typeof figureColumns)[number], string | number | null> = {
      number: i + 1,
      imageUid: image?.sopInstanceUid ?? figure.imageId,
      image: image?.title ?? '',
      frame: author?.frame ?? 1,
      kind: words.kind(figure.kind),
      tooth: figure.tooth,
      value: rounded(figure.value),
      unit: figure.unit,
      mean: rounded(stats?.mean),
      sd: rounded(stats?.sd),
      min: stats?.min ?? null,
      max: stats?.max ?? null,
      scale: words.scale(scale),
      scaleVersion: figure.scaleVersion,
      rowMm: scale.rowMm || null,
      columnMm: scale.columnMm || null,
      points: figure.points.map(({ x, y }) => `${x} ${y}`).join('; '),
      by: author?.byName ?? '',
      at: author?.at ?? ''
    };
    return figureColumns.map((column) => csvCell(cells[column]));
  });
  const head = figureColumns.map((column) => csvCell(words.columns[column]));
  return `\ufeff${[head, ...rows].map((row) => row.join(',')).join('\r\n')}\r\n`;
}

function rounded(value: number | null | undefined): number | null {
  return value == null ? null : Number(value.toFixed(digits));
}

/** The same for programs: nothing rounded, nothing in words. */
export function figuresAsJson(
  figures: readonly Figure[],
  images: ReadonlyMap<string, FigureImage>,
  head: Record<string, unknown>
): string {
  const measurements = figures.map(({ imageId, author, ...figure }) => ({
    ...figure,
    image: imageId && { id: imageId, sopInstanceUid: images.get(imageId)?.sopInstanceUid ?? null },
    frame: author?.frame ?? 1,
    calibrationWhenDrawn: author?.calibration ?? null,
    by: author && { id: author.by, name: author.byName },
    at: author?.at ?? null
  }));
  return `${JSON.stringify({ format: 'consilium-measurements/1', ...head, measurements }, null, 2)}\n`;
}
