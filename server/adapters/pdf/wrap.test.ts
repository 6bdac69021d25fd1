import { describe, expect, it } from 'vitest';
import { wrapText } from './wrap.ts';

/** Han one em, Latin half. */
const measure = (text: string) => [...text].reduce((sum, char) => sum + (char > '\u2000' ? 2 : 1), 0);

describe('wrapText', () => {
  it('breaks between Han characters', () => {
    expect(wrapText('建议根管治疗后全冠修复', 8, measure)).toEqual(['建议根管', '治疗后全', '冠修复']);
  });
  it('breaks Latin at spaces only', () => {
    expect(wrapText('root canal treatment', 11, measure)).toEqual(['root canal', 'treatment']);
  });
  it('never begins a line with a closing mark', () => {
    for (const line of wrapText('诊断明确，建议根管治疗。随访（三个月）。', 8, measure))
      expect(line).not.toMatch(/^[，。）、]/);
  });
  it('never ends a line with an opening mark', () => {
    for (let width = 6; width < 20; width++)
      for (const line of wrapText('诊断明确（慢性）建议“根管”治疗《指南》', width, measure))
        expect(line).not.toMatch(/[（“《]$/);
  });
  it('cuts what is longer than a line', () => {
    expect(wrapText('1.2.840.10008.5.1', 6, measure)).toEqual(['1.2.84', '0.1000', '8.5.1']);
  });
  it('keeps empty lines and loses no character', () => {
    expect(wrapText('一\n\n二', 20, measure)).toEqual(['一', '', '二']);
    const text = '36牙MB根管口钙化，建议CBCT（小视野）评估。Working length≈21.5 mm；见图①。';
    for (let width = 4; width < 40; width++)
      expect(wrapText(text, width, measure).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});
