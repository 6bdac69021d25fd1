/**
 * Line breaking for mixed Chinese and Latin text: between Han characters anywhere, between Latin words at
 * spaces, never with a closing mark at the head of a line or an opening one at its end (GB/T 15834, kinsoku).
 */

const neverFirst = new Set('、。，．,.！!？?；;：:）)】]」』〉》〕｝}”’…—～%％‰℃°·/');
const neverLast = new Set('（([「『【〈《〔｛{“‘￥¥$＃#');
const wide =
  /[\u2e80-\u2fdf\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u2014\u2026]|[\u{20000}-\u{3ffff}]/u;

/** Smallest pieces that may stand on a line of their own, spaces attached to what they follow. */
function pieces(text: string): string[] {
  const atoms: string[] = [];
  let word = '';
  const endWord = () => {
    if (word) atoms.push(word);
    word = '';
  };
  for (const char of text) {
    if (wide.test(char)) {
      endWord();
      atoms.push(char);
    } else if (char === ' ') {
      word += char;
      endWord();
    } else {
      word += char;
    }
  }
  endWord();

  const joined: string[] = [];
  for (const atom of atoms) {
    const previous = joined.at(-1);
    const first = [...atom][0]!;
    const last = previous ? [...previous].at(-1)! : '';
    if (previous && (neverFirst.has(first) || neverLast.has(last)) && !previous.endsWith(' '))
      joined[joined.length - 1] = previous + atom;
    else joined.push(atom);
  }
  return joined;
}

/**
 * `text` as lines no wider than `width`. A line feed starts a new line; a piece wider than a line (a URL, a
 * UID) is cut where it must be. Trailing spaces of a line are dropped.
 */
export function wrapText(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const piece of pieces(paragraph)) {
      if (measure((line + piece).trimEnd()) <= width) {
        line += piece;
        continue;
      }
      if (line.trimEnd()) lines.push(line.trimEnd());
      line = '';
      for (const char of piece) {
        if (line && measure(line + char) > width) {
          lines.push(line.trimEnd());
          line = '';
        }
        line += char;
      }
    }
    lines.push(line.trimEnd());
  }
  return lines;
}
