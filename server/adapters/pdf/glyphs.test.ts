import { describe, expect, it } from 'vitest';
import { GlyphGuard } from './glyphs.ts';

const guard = () => new GlyphGuard((code) => code < 0x10000 && !(code >= 0xd800 && code < 0xe000));

describe('GlyphGuard', () => {
  it('leaves text as it is', () => {
    expect(guard().clean('36 深龋，叩痛(+) <b>ok</b>')).toBe('36 深龋，叩痛(+) <b>ok</b>');
  });
  it('shows one □ for each perceived character it lacks, and names them', () => {
    const g = guard();
    expect(g.clean('牙👨‍👩‍👧疼🦷️')).toBe('牙□疼□');
    expect([...g.missing]).toEqual(['U+1F468', 'U+1F469', 'U+1F467', 'U+1F9B7']);
    const name = guard();
    expect(name.clean('王𠮷')).toBe('王□');
    expect([...name.missing]).toEqual(['U+20BB7']);
  });
  it('drops what is unseen: controls, overrides, lone surrogates', () => {
    expect(guard().clean('a\u0000b\u202ec\ud800d\te\r\nf')).toBe('abcd e\nf');
  });
});
