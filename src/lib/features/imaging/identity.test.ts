import { describe, expect, test } from 'vitest';
import { compareIdentity } from './identity.ts';

const patient = { number: 'P1', name: '王秀英', birthDate: '1959-03-02' };
const nobody = { patientId: null, names: [], birthDate: null };

describe('whose file', () => {
  test.each([
    ['names nobody', {}, 'none'],
    [
      'number, name and birth date agree',
      { patientId: 'P1', names: ['王^秀英'], birthDate: '1959-03-02' },
      'same'
    ],
    [
      'one of several spellings agrees',
      { patientId: 'X9', names: ['WANG^XIUYING', '王^秀英'], birthDate: '1959-03-02' },
      'same'
    ],
    [
      'the device numbers otherwise, name and birth date agree',
      { patientId: '00042', names: ['王秀英'], birthDate: '1959-03-02' },
      'same'
    ],
    ['name only', { names: ['王 秀英'] }, 'same'],
    ['number only', { patientId: 'p1' }, 'same'],
    [
      'number and birth date agree, the name is in pinyin',
      { patientId: 'P1', names: ['WANG^XIUYING'], birthDate: '1959-03-02' },
      'same'
    ],
    ['another birth date', { patientId: 'P1', names: ['王秀英'], birthDate: '1960-03-02' }, 'different'],
    ['another name', { names: ['张^伟'] }, 'different'],
    ['another name under our number', { patientId: 'P1', names: ['张^伟'] }, 'different'],
    [
      'the name agrees, the number does not, no birth date',
      { patientId: 'X9', names: ['王秀英'] },
      'different'
    ],
    ['pinyin alone proves nothing', { names: ['WANG^XIUYING'], birthDate: '1959-03-02' }, 'different'],
    ['another number alone', { patientId: 'X9' }, 'different'],
    ['birth date alone is many people', { birthDate: '1959-03-02' }, 'different']
  ] as const)('[IM-14] %s: asks unless sure', (_, file, verdict) => {
    const { names = [], ...rest } = file as { names?: readonly string[] };
    expect(compareIdentity({ ...nobody, ...rest, names: [...names] }, patient)).toBe(verdict);
  });
});
