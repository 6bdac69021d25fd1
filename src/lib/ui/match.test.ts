import { expect, it } from 'vitest';
import { matches } from './match.ts';
import { hueOf, initialsOf } from './names.ts';

it('finds every word, in any order, in any width', () => {
  expect(matches('王秀英 P-00017 wangxiuying', '王秀')).toBe(true);
  expect(matches('王秀英 P-00017 wangxiuying', 'WANG 00017')).toBe(true);
  expect(matches('王秀英 P-00017 wangxiuying', '００１７')).toBe(true);
  expect(matches('王秀英 P-00017 wangxiuying', '李')).toBe(false);
  expect(matches('anything', '  ')).toBe(true);
});

it('shortens names the way people do', () => {
  expect(initialsOf('王秀英')).toBe('秀英');
  expect(initialsOf('李强')).toBe('李强');
  expect(initialsOf('欧阳 文博')).toBe('文博');
  expect(initialsOf('Anna-Maria Schmidt')).toBe('AS');
  expect(initialsOf('  ')).toBe('?');
  expect(hueOf('王秀英')).toBe(hueOf('王秀英'));
});
