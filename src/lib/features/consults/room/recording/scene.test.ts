import { expect, test } from 'vitest';
import { captionHeight, fitted, headHeight, height, sceneOf, width, type Box } from './scene.ts';

const inside = (box: Box) =>
  box.x >= 0 &&
  box.y >= headHeight &&
  box.x + box.width <= width &&
  box.y + box.height <= height - captionHeight;
const apart = (a: Box, b: Box) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

test('[RC-12] nobody lies over another or over the board, nothing in the lane that is left free', () => {
  for (const hasMain of [true, false])
    for (let people = 0; people <= 12; people++) {
      const scene = sceneOf({ people, hasMain });
      const boxes = [...scene.people, ...(scene.main ? [scene.main] : [])];
      expect(scene.people).toHaveLength(people);
      expect(scene.main !== null).toBe(hasMain);
      expect(boxes.every(inside)).toBe(true);
      expect(boxes.every((a, i) => boxes.slice(i + 1).every((b) => apart(a, b)))).toBe(true);
      expect(scene.people.every((box) => box.width >= 60)).toBe(true);
    }
});

test('a picture fills its box without being bent, or is whole in it', () => {
  const box = { x: 10, y: 20, width: 160, height: 90 };
  expect(fitted({ width: 640, height: 480 }, box, 'cover')).toEqual({
    source: { x: 0, y: 60, width: 640, height: 360 },
    target: box
  });
  expect(fitted({ width: 320, height: 360 }, box, 'contain')).toEqual({
    source: { x: 0, y: 0, width: 320, height: 360 },
    target: { x: 50, y: 20, width: 80, height: 90 }
  });
});
