import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// The tokens are the product's colours; this holds what design asks of them (WCAG 2.2, 1.4.3 and 1.4.11).
const css = readFileSync(new URL('../../app.css', import.meta.url), 'utf8');

function tokens(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!])
  );
}
const start = css.indexOf(':root,\n  [data-theme] {');
const darkStart = css.indexOf('@variant dark-scope', start);
const end = css.indexOf('/* Heights of controls', darkStart);
const light = tokens(css.slice(start, darkStart));
const dark = tokens(css.slice(darkStart, end));

/** Relative luminance and contrast ratio as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const surfaces = ['surface', 'raised', 'sunken', 'overlay', 'hover'];
const meanings = ['danger', 'warn', 'ok', 'info'];
const text: [string, string, number][] = [
  ...surfaces.flatMap((on): [string, string, number][] => [
    ['ink', on, 7],
    ['ink-muted', on, 4.5],
    ['ink-faint', on, 4.5]
  ]),
  ...['surface', 'raised', 'overlay'].flatMap((on) =>
    ['accent', ...meanings].map((of): [string, string, number] => [of, on, 4.5])
  ),
  ...meanings.map((of): [string, string, number] => [of, `${of}-soft`, 4.5]),
  ...meanings.map((of): [string, string, number] => ['ink', `${of}-soft`, 7]),
  ['accent-ink', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  ['on-danger', 'danger', 4.5],
  ['focus', 'surface', 3],
  ['focus', 'raised', 3],
  ...['needs', 'existing', 'done', 'proposed', 'absent'].map((of): [string, string, number] => [
    `chart-${of}`,
    'raised',
    3
  ])
];

describe.each([
  ['light', light],
  ['dark', dark]
])('contrast in the %s theme', (_, theme) => {
  it.each(text)('%s on %s is at least %d', (front, back, least) => {
    const [a, b] = [theme.get(front), theme.get(back)];
    if (!a || !b) throw new Error(`no token ${front} or ${back}`);
    expect(contrast(a, b)).toBeGreaterThanOrEqual(least);
  });
});

it('both themes define the same colours', () => {
  expect([...dark.keys()].sort()).toEqual([...light.keys()].sort());
});
