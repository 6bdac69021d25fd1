/** The picture of the sign-in page: two rows of teeth as a panoramic film shows them. Drawn, of nobody. */
export interface ArtTooth {
  path: string;
  x: number;
  y: number;
  turn: number;
  filled: boolean;
}

/** Half widths and root counts from the midline outwards, in drawing units. */
const classes = [
  { half: 9, roots: 1, length: 46 },
  { half: 8, roots: 1, length: 44 },
  { half: 9, roots: 1, length: 54 },
  { half: 9, roots: 1, length: 46 },
  { half: 9.5, roots: 1, length: 45 },
  { half: 14, roots: 2, length: 42 },
  { half: 14, roots: 2, length: 40 },
  { half: 13, roots: 2, length: 34 }
];

/** Crown below, roots above (an upper tooth); mirrored for the lower row. */
function outline(half: number, roots: number, length: number): string {
  const crown = 24;
  const waist = half * 0.78;
  const top =
    roots === 1
      ? `C${-waist} ${-length * 0.6} ${-waist * 0.35} ${-length} 0 ${-length} C${waist * 0.35} ${-length} ${waist} ${-length * 0.6} ${waist} 0`
      : `C${-waist} ${-length * 0.5} ${-waist * 0.95} ${-length} ${-waist * 0.7} ${-length} C${-waist * 0.35} ${-length} ${-waist * 0.25} ${-length * 0.4} 0 ${-length * 0.38} C${waist * 0.25} ${-length * 0.4} ${waist * 0.35} ${-length} ${waist * 0.7} ${-length} C${waist * 0.95} ${-length} ${waist} ${-length * 0.5} ${waist} 0`;
  return `M${-waist} 0 ${top} C${half} 4 ${half} 10 ${half} ${crown * 0.6} Q${half} ${crown} 0 ${crown} Q${-half} ${crown} ${-half} ${crown * 0.6} C${-half} 10 ${-half} 4 ${-waist} 0Z`;
}

export function artTeeth(lower: boolean): ArtTooth[] {
  const made: ArtTooth[] = [];
  for (const side of [-1, 1]) {
    let x = 0;
    classes.forEach(({ half, roots, length }, index) => {
      const width = lower ? half * (index < 2 ? 0.75 : 1.02) : half;
      x += width;
      // The bite of a panoramic film smiles: its ends rise.
      const y = -(x ** 2) / 620;
      made.push({
        path: outline(width * 0.94, roots, length),
        x: side * x,
        y,
        turn: side * (lower ? 1 : -1) * Math.min(index * 2.4, 15) * (lower ? -1 : 1),
        filled: index === 5 && side === (lower ? -1 : 1)
      });
      x += width;
    });
  }
  return made;
}
