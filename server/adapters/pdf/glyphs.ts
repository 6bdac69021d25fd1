/** What stands for a character the font does not have. */
export const replacement = '□';

// Controls, bidirectional overrides and invisible joiners: they draw nothing and can make a text read as another.
const invisible = /[\p{Cc}\p{Cs}\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;
const decoration = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const segmenter = new Intl.Segmenter('zh-CN', { granularity: 'grapheme' });

/**
 * Makes any text drawable: unseen characters go, tabs become spaces, and whatever the font lacks becomes one
 * `□` a perceived character, remembered in `missing` as code points (`U+1F9B7`) for a note on the page.
 */
export class GlyphGuard {
  readonly missing = new Set<string>();
  readonly #has: (codePoint: number) => boolean;

  constructor(has: (codePoint: number) => boolean) {
    this.#has = has;
  }

  clean(text: string): string {
    let result = '';
    for (const { segment } of segmenter.segment(text.normalize('NFC').replaceAll(/\r\n?/g, '\n'))) {
      if (segment === '\n') result += segment;
      else if (segment === '\t') result += ' ';
      else result += this.#drawable(segment.replaceAll(decoration, ''));
    }
    return result;
  }

  #drawable(segment: string): string {
    const chars = [...segment].filter((char) => !invisible.test(char));
    const lacking = chars.filter((char) => !this.#has(char.codePointAt(0)!));
    if (lacking.length === 0) return chars.join('');
    for (const char of lacking)
      this.missing.add(`U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
    return replacement;
  }
}
