import { describe, expect, it } from 'vitest';
import { asAppError } from '#lib/kernel/errors.ts';
import {
  chartRow,
  fromUniversal,
  parseSurfaces,
  parseTooth,
  surfacesOf,
  teeth,
  toPalmer,
  toUniversal
} from './teeth.ts';

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return asAppError(error)?.code;
  }
  return 'none';
};

describe('teeth', () => {
  it('[OD-1] knows 32 permanent and 20 primary teeth', () => {
    const all = [...teeth.values()];
    expect(all.filter((tooth) => tooth.dentition === 'permanent')).toHaveLength(32);
    expect(all.filter((tooth) => tooth.dentition === 'primary')).toHaveLength(20);
  });

  it.each([
    ['11', 'incisor', 'upper', 'right'],
    ['23', 'canine', 'upper', 'left'],
    ['34', 'premolar', 'lower', 'left'],
    ['48', 'molar', 'lower', 'right'],
    ['55', 'molar', 'upper', 'right'],
    ['64', 'molar', 'upper', 'left'],
    ['73', 'canine', 'lower', 'left'],
    ['81', 'incisor', 'lower', 'right']
  ])('[OD-1] %s is a %s, %s %s', (number, toothClass, arch, side) => {
    expect(parseTooth(number)).toMatchObject({ number, toothClass, arch, side });
  });

  it.each(['', '0', '10', '19', '49', '56', '86', '90', '3６', '36a', '__proto__', '<b>'])(
    '[OD-1] refuses %j',
    (number) => expect(codeOf(() => parseTooth(number))).toBe('unknown_tooth')
  );

  it('[OD-2] gives molars an occlusal face and front teeth an edge, palatal above and lingual below', () => {
    expect(surfacesOf(parseTooth('16'))).toEqual(['M', 'O', 'D', 'B', 'P']);
    expect(surfacesOf(parseTooth('36'))).toEqual(['M', 'O', 'D', 'B', 'L']);
    expect(surfacesOf(parseTooth('11'))).toEqual(['M', 'I', 'D', 'F', 'P']);
    expect(surfacesOf(parseTooth('83'))).toEqual(['M', 'I', 'D', 'F', 'L']);
  });

  it('[OD-2] keeps surfaces in writing order and once', () => {
    expect(parseSurfaces(parseTooth('36'), ['D', 'O', 'M', 'O'])).toEqual(['M', 'O', 'D']);
  });

  it.each([
    ['36', 'I'],
    ['36', 'P'],
    ['11', 'O'],
    ['11', 'B'],
    ['26', 'L'],
    ['36', 'm'],
    ['36', '']
  ])('[OD-2] refuses %s %j', (number, surface) => {
    expect(codeOf(() => parseSurfaces(parseTooth(number), [surface]))).toBe('surface_not_on_tooth');
  });

  it('[OD-3] lays the rows out as dentists see them', () => {
    const numbers = (...row: Parameters<typeof chartRow>) => chartRow(...row).map((tooth) => tooth.number);
    expect(numbers('permanent', 'upper').join(' ')).toBe('18 17 16 15 14 13 12 11 21 22 23 24 25 26 27 28');
    expect(numbers('permanent', 'lower').join(' ')).toBe('48 47 46 45 44 43 42 41 31 32 33 34 35 36 37 38');
    expect(numbers('primary', 'upper').join(' ')).toBe('55 54 53 52 51 61 62 63 64 65');
    expect(numbers('primary', 'lower').join(' ')).toBe('85 84 83 82 81 71 72 73 74 75');
  });

  it.each([
    ['18', '1', '8┘'],
    ['11', '8', '1┘'],
    ['21', '9', '└1'],
    ['28', '16', '└8'],
    ['38', '17', '┌8'],
    ['36', '19', '┌6'],
    ['31', '24', '┌1'],
    ['41', '25', '1┐'],
    ['48', '32', '8┐'],
    ['55', 'A', 'E┘'],
    ['65', 'J', '└E'],
    ['75', 'K', '┌E'],
    ['85', 'T', 'E┐']
  ])('[OD-4] %s is Universal %s and Palmer %s', (number, universal, palmer) => {
    expect(toUniversal(parseTooth(number))).toBe(universal);
    expect(toPalmer(parseTooth(number))).toBe(palmer);
    expect(fromUniversal(universal).number).toBe(number);
  });
});
