import { describe, expect, it } from 'vitest';
import { layoutChart, neighbour } from './layout.ts';
import { surfacesOf, teeth } from './teeth.ts';
import { shapeOf } from './tooth-shapes.ts';
import { zonesOf } from './surface-zones.ts';

describe('the drawing', () => {
  it.each(['permanent', 'primary', 'mixed'] as const)('[OD-3] lays out %s from right to left', (shown) => {
    const layout = layoutChart(shown);
    expect(layout.places.size).toBe({ permanent: 32, primary: 20, mixed: 52 }[shown]);
    for (const row of layout.rows) {
      const xs = row.map((place) => place.x);
      expect(xs).toEqual(xs.toSorted((a, b) => a - b));
      expect(row.map((place) => place.tooth.side)[0]).toBe('right');
    }
    for (const place of layout.places.values()) {
      expect(place.top).toBeGreaterThanOrEqual(0);
      expect(place.top + place.height).toBeLessThanOrEqual(layout.height + 1e-6);
      expect(place.neckY > layout.middleY).toBe(place.tooth.arch === 'lower');
    }
  });

  it('[OD-14] arrows go along the arch and across the jaws', () => {
    const layout = layoutChart('permanent');
    expect(neighbour(layout, '11', 'ArrowRight')).toBe('21');
    expect(neighbour(layout, '18', 'ArrowLeft')).toBe('18');
    expect(neighbour(layout, '16', 'ArrowDown')).toBe('46');
    expect(neighbour(layout, '36', 'ArrowUp')).toBe('26');
    expect(neighbour(layout, '36', 'ArrowDown')).toBeNull();
    expect(neighbour(layout, '33', 'Home')).toBe('48');
    expect(neighbour(layout, '33', 'End')).toBe('38');
    expect(neighbour(layoutChart('mixed'), '16', 'ArrowDown')).toBe('55');
    expect(neighbour(layout, '36', 'a')).toBeNull();
  });

  it('[OD-3] draws every tooth within its column, with five surfaces, mesial towards the midline', () => {
    const { places } = layoutChart('permanent');
    for (const tooth of teeth.values()) {
      const shape = shapeOf(tooth.number);
      expect(shape.crown).not.toContain('NaN');
      expect(shape.roots).not.toContain('NaN');
      const column = places.get(tooth.number)?.column ?? 50;
      expect(shape.halfWidth * 2).toBeLessThanOrEqual(column + 8);
      const zones = zonesOf(tooth, column);
      expect(zones.map((zone) => zone.surface).toSorted()).toEqual(surfacesOf(tooth).toSorted());
      const mesial = zones.find((zone) => zone.surface === 'M')!;
      expect(mesial.at[0] > 0).toBe(tooth.side === 'right');
    }
  });
});
