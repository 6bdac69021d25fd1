/** A small seeded generator (mulberry32): the same seed gives the same picture on every machine. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  between(low: number, high: number): number;
  /** Mean 0, standard deviation 1, by the sum of four uniforms: good enough for grain, and quick. */
  normal(): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function seededRandom(seed: number): Random {
  let state = (seed * 2654435761) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    normal: () => (next() + next() + next() + next() - 2) * Math.sqrt(3),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)]!
  };
}

export const tileSize = 512;
let trabeculae: Float32Array | null = null;
let grain: Float32Array | null = null;

/** Periodic value noise, −1…1, of one cell size (a divisor of the tile). */
function valueNoise(random: Random, cellX: number, cellY: number): Float32Array {
  const nx = tileSize / cellX;
  const ny = tileSize / cellY;
  const lattice = Float32Array.from({ length: nx * ny }, () => random.next() * 2 - 1);
  const out = new Float32Array(tileSize * tileSize);
  const ease = (t: number) => t * t * (3 - 2 * t);
  for (let y = 0; y < tileSize; y++) {
    const y0 = Math.floor(y / cellY);
    const v = ease(y / cellY - y0);
    const top = (y0 % ny) * nx;
    const low = ((y0 + 1) % ny) * nx;
    for (let x = 0; x < tileSize; x++) {
      const x0 = Math.floor(x / cellX);
      const u = ease(x / cellX - x0);
      const x1 = (x0 + 1) % nx;
      const a = lattice[top + x0]! * (1 - u) + lattice[top + x1]! * u;
      const b = lattice[low + x0]! * (1 - u) + lattice[low + x1]! * u;
      out[y * tileSize + x] = a * (1 - v) + b * v;
    }
  }
  return out;
}

/**
 * A tile of cancellous bone, about −1…1, period `tileSize`: thin bright struts around dark marrow spaces,
 * by folding value noise at three sizes.
 */
export function trabecularTile(): Float32Array {
  if (trabeculae) return trabeculae;
  const random = seededRandom(90210);
  const layers = [
    valueNoise(random, 16, 16),
    valueNoise(random, 8, 8),
    valueNoise(random, 8, 16),
    valueNoise(random, 4, 4)
  ];
  const weights = [0.8, 1, 0.7, 0.45];
  const tile = new Float32Array(tileSize * tileSize);
  for (let i = 0; i < tile.length; i++) {
    let sum = 0;
    layers.forEach((layer, k) => (sum += weights[k]! * (0.5 - Math.sqrt(Math.abs(layer[i]!)))));
    tile[i] = sum * 0.75;
  }
  return (trabeculae = tile);
}

/** A tile of film grain, standard deviation about 1: white noise and a coarser part, as scatter gives. */
export function grainTile(): Float32Array {
  if (grain) return grain;
  const random = seededRandom(4711);
  const white = Float32Array.from({ length: tileSize * tileSize }, () => random.normal());
  const mask = tileSize - 1;
  const tile = new Float32Array(white.length);
  for (let y = 0; y < tileSize; y++)
    for (let x = 0; x < tileSize; x++) {
      let sum = 0;
      for (let j = 0; j < 2; j++)
        for (let i = 0; i < 2; i++) sum += white[((y + j) & mask) * tileSize + ((x + i) & mask)]!;
      tile[y * tileSize + x] = 0.55 * white[y * tileSize + x]! + 0.42 * sum;
    }
  return (grain = tile);
}
