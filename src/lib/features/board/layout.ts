/** Ready-made orders of the images on a board. */
export const layouts = ['grid', 'mount'] as const;
export type Layout = (typeof layouts)[number];

/** An image as it is shown: its box on the page, page units. */
export interface LaidOut {
  id: string;
  kind: string;
  /** `YYYY-MM-DD`, or empty. */
  takenOn: string;
  teeth: readonly string[];
  w: number;
  h: number;
}

const gap = 120;

/**
 * Where each image's top left goes. `grid`: two beside two, in their order. `mount`: as films are mounted, seen from
 * the front: what shows no single teeth above, then upper periapicals, bitewings, lower periapicals, each row from the
 * patient's right to their left; a full-mouth series of 14, or of 18 with its bitewings.
 */
export function placesOf(images: readonly LaidOut[], layout: Layout): Map<string, { x: number; y: number }> {
  const rows = layout === 'grid' ? pairsOf(images) : mountRows(images);
  const widths = rows.map((row) => row.reduce((sum, { w }) => sum + w, 0) + gap * (row.length - 1));
  const widest = Math.max(0, ...widths);
  const places = new Map<string, { x: number; y: number }>();
  let y = 0;
  rows.forEach((row, i) => {
    let x = layout === 'mount' ? (widest - widths[i]!) / 2 : 0;
    for (const { id, w } of row) {
      places.set(id, { x, y });
      x += w + gap;
    }
    y += Math.max(0, ...row.map(({ h }) => h)) + gap;
  });
  return places;
}

function pairsOf(images: readonly LaidOut[]): LaidOut[][] {
  const rows: LaidOut[][] = [];
  for (let i = 0; i < images.length; i += 2) rows.push(images.slice(i, i + 2));
  return rows;
}

function mountRows(images: readonly LaidOut[]): LaidOut[][] {
  const rows: Record<'whole' | 'upper' | 'bitewing' | 'lower', LaidOut[]> = {
    whole: [],
    upper: [],
    bitewing: [],
    lower: []
  };
  for (const image of images) rows[rowOf(image)].push(image);
  for (const row of [rows.upper, rows.bitewing, rows.lower])
    row.sort((a, b) => sideways(a.teeth) - sideways(b.teeth));
  return Object.values(rows).filter((row) => row.length > 0);
}

function rowOf({ kind, teeth }: LaidOut): 'whole' | 'upper' | 'bitewing' | 'lower' {
  if (kind === 'bitewing') return 'bitewing';
  if (kind !== 'periapical' || teeth.length === 0) return 'whole';
  const upper = teeth.filter((tooth) => '1256'.includes(tooth[0]!)).length;
  return upper * 2 >= teeth.length ? 'upper' : 'lower';
}

/** Mean place along the arch: −8 at the patient's right end, 8 at their left. */
function sideways(teeth: readonly string[]): number {
  const places = teeth.map((tooth) => ('1458'.includes(tooth[0]!) ? -1 : 1) * Number(tooth[1]));
  return places.reduce((sum, place) => sum + place, 0) / Math.max(1, places.length);
}
