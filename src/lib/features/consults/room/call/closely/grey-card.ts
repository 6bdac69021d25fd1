/** Colour check against a neutral grey card, on the pixels (RGBA, sRGB, 0…255) of a region that shows nothing else. */

export type Cast = 'none' | 'yellow' | 'blue' | 'green' | 'red';

export interface GreyCheck {
  /** Means of the channels, 0…255. */
  mean: { red: number; green: number; blue: number };
  /** CIE 1976 L*, 0…100, and chroma C*ab of the mean: a neutral card has a chroma of 0. */
  lightness: number;
  chroma: number;
  cast: Cast;
  /** Too dark or too bright to judge colour by: the camera has cut something off. */
  exposure: 'right' | 'dark' | 'bright';
  /** Light falls on it unevenly, or it is no plain card: standard deviation of the luma above `evenBelow`. */
  isEven: boolean;
}

/** Below this chroma nobody sees a cast: about three just noticeable differences. */
const castFrom = 6;
const darkBelow = 25;
const brightFrom = 90;
const evenBelow = 12;
/** D65, the white of sRGB. */
const white = { x: 0.95047, y: 1, z: 1.08883 };

/** Null: no pixels. */
export function checkGrey(rgba: Uint8ClampedArray): GreyCheck | null {
  const count = rgba.length / 4;
  if (count === 0) return null;
  let [red, green, blue, luma, squares] = [0, 0, 0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) {
    const [r, g, b] = [rgba[i]!, rgba[i + 1]!, rgba[i + 2]!];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    red += r;
    green += g;
    blue += b;
    luma += y;
    squares += y * y;
  }
  const mean = { red: red / count, green: green / count, blue: blue / count };
  const { lightness, a, b } = labOf(mean);
  const chroma = Math.hypot(a, b);
  return {
    mean,
    lightness,
    chroma,
    cast: chroma < castFrom ? 'none' : castOf(a, b),
    exposure: lightness < darkBelow ? 'dark' : lightness > brightFrom ? 'bright' : 'right',
    isEven: Math.sqrt(Math.max(0, squares / count - (luma / count) ** 2)) < evenBelow
  };
}

/** The axis of a*b* that the cast lies nearest to. */
function castOf(a: number, b: number): Cast {
  if (Math.abs(b) >= Math.abs(a)) return b > 0 ? 'yellow' : 'blue';
  return a > 0 ? 'red' : 'green';
}

/** CIE 1976 L*a*b* of an sRGB colour (IEC 61966-2-1; CIE 15). */
function labOf({ red, green, blue }: GreyCheck['mean']): { lightness: number; a: number; b: number } {
  const linear = (value: number) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const root = (share: number) =>
    share > (6 / 29) ** 3 ? Math.cbrt(share) : share / (3 * (6 / 29) ** 2) + 4 / 29;
  const x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / white.x);
  const y = root((0.2126 * r + 0.7152 * g + 0.0722 * b) / white.y);
  const z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / white.z);
  return { lightness: 116 * y - 16, a: 500 * (x - y), b: 200 * (y - z) };
}
