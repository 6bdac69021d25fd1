/**
 * Files that are two things at once: a picture for this room, a program, page, document or archive for
 * another reader. What is looked for are the places where such readers look, not every byte that could match.
 */

/** What another reader would take the beginning of a file for. Offsets are 0; DICOM's preamble is a free place. */
const beginnings: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['pe', [0x4d, 0x5a]],
  ['elf', [0x7f, 0x45, 0x4c, 0x46]],
  ['mach-o', [0xfe, 0xed, 0xfa, 0xce]],
  ['mach-o', [0xfe, 0xed, 0xfa, 0xcf]],
  ['mach-o', [0xce, 0xfa, 0xed, 0xfe]],
  ['mach-o', [0xcf, 0xfa, 0xed, 0xfe]],
  ['mach-o', [0xca, 0xfe, 0xba, 0xbe]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['cab', [0x4d, 0x53, 0x43, 0x46]],
  ['ole', [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
  ['lnk', [0x4c, 0x00, 0x00, 0x00, 0x01, 0x14, 0x02, 0x00]],
  ['wasm', [0x00, 0x61, 0x73, 0x6d]],
  ['dex', [0x64, 0x65, 0x78, 0x0a]],
  ['script', [0x23, 0x21]]
];

/** Text that a browser, a PDF reader or a server's script engine acts on, wherever it stands. */
const active =
  /%pdf-|<script|<\?php|<!doctype|<html|<svg|<iframe|<object|<embed|<%@|javascript:|vbscript:|@echo off/;
const longestActive = 16;

/** The kind of program or archive that `bytes` begin like; null: none. */
export function programIn(bytes: Uint8Array): string | null {
  return beginnings.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0] ?? null;
}

/** True where `bytes` hold text that some reader would act on; also in UTF-16. */
export function holdsActiveText(bytes: Uint8Array): boolean {
  return active.test(new TextDecoder('latin1').decode(bytes).replaceAll('\0', '').toLowerCase());
}

/** What a block of free content (preamble, comment, metadata) would be taken for; null: nothing known. */
export function disguiseIn(bytes: Uint8Array): string | null {
  return programIn(bytes) ?? (holdsActiveText(bytes) ? 'text' : null);
}

/** A ZIP is found by its end: the record and the longest comment behind it. */
const zipTailBytes = 22 + 0xffff;

/** Follows a file as it passes and tells at its end whether a ZIP reader would open it. */
export class ZipWatch {
  #tail = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    if (bytes.length >= zipTailBytes) this.#tail = bytes.slice(-zipTailBytes);
    else {
      const whole = new Uint8Array(this.#tail.length + bytes.length);
      whole.set(this.#tail);
      whole.set(bytes, this.#tail.length);
      this.#tail = whole.length > zipTailBytes * 4 ? whole.slice(-zipTailBytes) : whole;
    }
  }

  /** Only an end record whose comment ends with the file counts: four bytes alone occur by chance. */
  get isZip(): boolean {
    const tail = this.#tail;
    for (let i = Math.max(0, tail.length - zipTailBytes); i + 22 <= tail.length; i++)
      if (tail[i] === 0x50 && tail[i + 1] === 0x4b && tail[i + 2] === 0x05 && tail[i + 3] === 0x06)
        if (i + 22 + (tail[i + 20]! | (tail[i + 21]! << 8)) === tail.length) return true;
    return false;
  }
}

/** What follows a picture's end, as it passes: is it something that another reader would act on? */
export class TrailWatch {
  #seen = 0;
  #last = new Uint8Array(0);
  found = false;

  push(bytes: Uint8Array): void {
    if (this.found) return;
    const joined = new Uint8Array(this.#last.length + bytes.length);
    joined.set(this.#last);
    joined.set(bytes, this.#last.length);
    // The longest magic fits into what the first two pushes bring; a later match is one more reason.
    if (this.#seen < longestActive && programIn(joined)) this.found = true;
    if (holdsActiveText(joined)) this.found = true;
    this.#seen += bytes.length;
    this.#last = joined.slice(-longestActive * 2);
  }
}
