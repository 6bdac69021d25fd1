import { chartRow, type Arch, type Dentition, type Tooth } from './teeth.ts';

/** Which rows the chart shows. */
export type ShownDentition = 'permanent' | 'primary' | 'mixed';

/** Where one tooth stands in the chart's own pixels. */
export interface Place {
  tooth: Tooth;
  /** Centre of its column. */
  x: number;
  /** Width of its column, the target for a finger. */
  column: number;
  /** Row of the tooth: y of the neck, of the surface map's centre and of the number's middle. */
  neckY: number;
  mapY: number;
  numberY: number;
  /** Outer end of the row beyond the roots, where signs stand. */
  signY: number;
  /** Top and height of the row. */
  top: number;
  height: number;
  /** Size of the teeth in this row against the standard. */
  scale: number;
}

export interface ChartLayout {
  width: number;
  height: number;
  /** y of the line between the jaws. */
  middleY: number;
  rows: Place[][];
  places: ReadonlyMap<string, Place>;
}

const permanentColumns = [53, 46, 50, 48, 48, 67, 65, 62];
const primaryAlone = [64, 58, 64, 76, 80];
const marginX = 12;
const halfMidline = 8;
/** Heights of a row at scale 1: signs, roots, crown, surface map, number. */
const row = { signs: 17, roots: 79, crown: 55, map: 42, number: 19 };
const gapBetweenJaws = 10;

/** Lay out the rows from the upper roots down to the lower roots. */
export function layoutChart(shown: ShownDentition): ChartLayout {
  const columns =
    shown === 'primary'
      ? primaryAlone
      : permanentColumns.map((width) => (shown === 'mixed' ? width * 0.86 : width));
  const half = columns.reduce((sum, width) => sum + width, 0);
  const width = 2 * (half + halfMidline + marginX);
  const dentitions: { dentition: Dentition; scale: number }[] =
    shown === 'mixed'
      ? [
          { dentition: 'permanent', scale: 0.78 },
          { dentition: 'primary', scale: 0.74 }
        ]
      : [{ dentition: shown, scale: shown === 'primary' ? 1.12 : 1 }];

  const jawHeight = dentitions.reduce((sum, { dentition, scale }) => sum + rowHeight(dentition, scale), 0);
  const height = 2 * jawHeight + gapBetweenJaws;
  const middleY = height / 2;

  const rows: Place[][] = [];
  let depth = 0;
  for (const { dentition, scale } of dentitions) {
    const size = rowHeight(dentition, scale);
    for (const arch of ['upper', 'lower'] as const)
      rows.push(placeRow({ dentition, arch, scale, depth, size, columns, width, height }));
    depth += size;
  }
  rows.sort((a, b) => a[0]!.top - b[0]!.top);
  return {
    width,
    height,
    middleY,
    rows,
    places: new Map(rows.flat().map((place) => [place.tooth.number, place]))
  };
}

/** Primary crowns and roots are shorter, so their row is. */
function rootHeight(dentition: Dentition): number {
  return dentition === 'primary' ? 58 : row.roots;
}
function crownHeight(dentition: Dentition): number {
  return dentition === 'primary' ? 36 : row.crown;
}
function rowHeight(dentition: Dentition, scale: number): number {
  return (rootHeight(dentition) + crownHeight(dentition) + row.map) * scale + row.signs + row.number;
}

interface RowInput {
  dentition: Dentition;
  arch: Arch;
  scale: number;
  /** Distance of the row's outer edge from the chart's outer edge. */
  depth: number;
  size: number;
  columns: readonly number[];
  width: number;
  height: number;
}

function placeRow({ dentition, arch, scale, depth, size, columns, width, height }: RowInput): Place[] {
  const inward = (distance: number) => (arch === 'upper' ? depth + distance : height - depth - distance);
  const neck = row.signs + rootHeight(dentition) * scale;
  const map = neck + (crownHeight(dentition) + row.map / 2) * scale;
  const number = size - row.number / 2;
  return chartRow(dentition, arch).map((tooth) => {
    const before = columns.slice(0, tooth.position - 1).reduce((sum, w) => sum + w, 0);
    const column = columns[tooth.position - 1]!;
    const fromMiddle = halfMidline + before + column / 2;
    return {
      tooth,
      x: width / 2 + (tooth.side === 'right' ? -fromMiddle : fromMiddle),
      column,
      neckY: inward(neck),
      mapY: inward(map),
      numberY: inward(number),
      signY: inward(row.signs / 2 + 1),
      top: arch === 'upper' ? depth : height - depth - size,
      height: size,
      scale
    };
  });
}

/** The tooth an arrow key leads to: along the row, or the nearest one in the next row. */
export function neighbour(layout: ChartLayout, from: string, key: string): string | null {
  const rowIndex = layout.rows.findIndex((places) => places.some((place) => place.tooth.number === from));
  const places = layout.rows[rowIndex];
  if (!places) return null;
  const index = places.findIndex((place) => place.tooth.number === from);
  const inRow = (i: number) => places[Math.max(0, Math.min(places.length - 1, i))]!.tooth.number;
  switch (key) {
    case 'ArrowLeft':
      return inRow(index - 1);
    case 'ArrowRight':
      return inRow(index + 1);
    case 'Home':
      return inRow(0);
    case 'End':
      return inRow(places.length - 1);
    case 'ArrowUp':
    case 'ArrowDown': {
      const next = layout.rows[rowIndex + (key === 'ArrowUp' ? -1 : 1)];
      if (!next) return null;
      const { x } = places[index]!;
      return next.reduce((best, place) => (Math.abs(place.x - x) < Math.abs(best.x - x) ? place : best)).tooth
        .number;
    }
    default:
      return null;
  }
}
