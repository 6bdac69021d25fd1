import { addStroke, blur, type Field } from './field.server.ts';
import { grainTile, tileSize, type Random } from './random.server.ts';

/** Grey values as a detector's software hands them on: 12 bits, bright where much is absorbed. */
export interface Radiograph {
  rows: number;
  columns: number;
  bitsStored: 12;
  pixels: Uint16Array;
  /** The window the device would write. */
  window: { center: number; width: number };
}

export const maxGrey = 4095;

/**
 * Attenuation to grey: exposure curve, sharpening as devices do, slight blur of the focal spot before,
 * grain that grows where little light came through.
 * @param options.gain attenuation that gives 63 % of full white
 */
export function expose(
  field: Field,
  random: Random,
  options: { gain: number; grain: number; sharpen: number }
): Uint16Array {
  const { width, height, data } = field;
  const soft: Field = { width, height, data: data.slice() };
  if (options.sharpen > 0) blur(soft, 6);
  const tile = grainTile();
  const mask = tileSize - 1;
  const [ox, oy] = [Math.floor(random.next() * tileSize), Math.floor(random.next() * tileSize)];
  const pixels = new Uint16Array(width * height);
  const table = exposureTable(options.gain);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    // A second read of the tile, shifted differently a row of tiles, hides its period.
    const shift = (y >> 9) * 131 + ox;
    for (let x = 0; x < width; x++) {
      const mu = data[row + x]! + options.sharpen * (data[row + x]! - soft.data[row + x]!);
      const level = table[Math.min(4095, Math.max(0, Math.round(mu * 800)))]!;
      const noise = tile[((y + oy) & mask) * tileSize + ((x + shift + (x >> 9) * 67) & mask)]!;
      const value = level + noise * options.grain * (0.55 + 0.75 * (level / maxGrey));
      pixels[row + x] = value < 0 ? 0 : value > maxGrey ? maxGrey : value;
    }
  }
  return pixels;
}

function exposureTable(gain: number): Float32Array {
  return Float32Array.from({ length: 4096 }, (_, i) => 90 + 3960 * (1 - Math.exp(-i / 800 / gain)));
}

/** A lead letter, as clipped onto a cassette. */
export function addMarker(
  field: Field,
  letter: 'R' | 'L',
  x: number,
  y: number,
  height: number,
  zoom = 1
): void {
  const w = height * 0.6;
  const line = (...points: [number, number][]) =>
    addStroke(
      field,
      points.map(([u, v]) => ({ x: x + u * w, y: y + v * height })),
      height * 0.16,
      2.4,
      zoom
    );
  line([0, 0], [0, 1]);
  if (letter === 'L') return line([0, 1], [0.85, 1]);
  line([0, 0], [0.6, 0.02], [0.85, 0.16], [0.85, 0.34], [0.6, 0.48], [0, 0.5]);
  line([0.35, 0.5], [0.9, 1]);
}
