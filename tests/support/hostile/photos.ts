import { crc32, deflateSync } from 'node:zlib';
import type { ErrorCode } from '#lib/kernel/errors.ts';
import type { HostileFile } from './dicom.ts';

const file = (code: ErrorCode, name: string, bytes: () => Uint8Array): HostileFile => ({ name, bytes, code });
const text = (value: string) => Buffer.from(value, 'latin1');
const megabyte = 1024 * 1024;

export function pngChunk(type: string, body: Uint8Array, length = body.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length >>> 0);
  const named = Buffer.concat([text(type), body]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, check]);
}
function ihdr(width: number, height: number): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(width >>> 0, 0);
  body.writeUInt32BE(height >>> 0, 4);
  body.set([8, 0, 0, 0, 0], 8);
  return pngChunk('IHDR', body);
}
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A grey PNG; `meta` stands before the pixels. */
export function png({
  width = 16,
  height = 16,
  meta = [] as readonly Uint8Array[],
  pixels = deflateSync(Buffer.alloc((width + 1) * height))
} = {}): Buffer {
  return Buffer.concat([
    signature,
    ihdr(width, height),
    ...meta,
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0))
  ]);
}

export function jpegSegment(marker: number, body: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** A photo with these segments behind its first marker. */
export const jpegWith = (photo: Buffer, ...segments: Buffer[]): Buffer =>
  Buffer.concat([photo.subarray(0, 2), ...segments, photo.subarray(2)]);

/** A ZIP of one empty comment, as a ZIP reader looks for it at the end of any file. */
export const zipEnd = Buffer.concat([text('PK\x05\x06'), Buffer.alloc(18)]);

function frameHeaderOf(photo: Buffer): number {
  for (let at = 2; at < photo.length; at += 2 + photo.readUInt16BE(at + 2))
    if (photo[at + 1] === 0xc0 || photo[at + 1] === 0xc2) return at;
  throw new Error('no frame header');
}
function resized(photo: Buffer, rows: number, columns: number): Buffer {
  const copy = Buffer.from(photo);
  const at = frameHeaderOf(copy);
  copy.writeUInt16BE(rows, at + 5);
  copy.writeUInt16BE(columns, at + 7);
  return copy;
}
/** The last scan of a progressive photo again and again: small to send, long to decode. */
function manyScans(progressive: Buffer): Buffer {
  const at = progressive.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scan = progressive.subarray(at, progressive.length - 2);
  const big = resized(progressive.subarray(0, at), 8000, 8000);
  return Buffer.concat([big, ...Array<Buffer>(5000).fill(scan), Buffer.from([0xff, 0xd9])]);
}
const packed = (keyword: string, content: Uint8Array | string) =>
  Buffer.concat([text(`${keyword}\0\0`), deflateSync(content, { level: 9 })]);
const international = (content: string) =>
  Buffer.concat([text('XML:com.adobe.xmp\0\x01\0\0\0'), deflateSync(content)]);

export function hostilePhotos(photo: Buffer, progressive: Buffer): HostileFile[] {
  const whole = png();
  const jpeg = (marker: number, content: string) => jpegWith(photo, jpegSegment(marker, text(content)));
  const scriptedText = (type: string, body: Uint8Array) => png({ meta: [pngChunk(type, body)] });
  return [
    file('file_empty', 'an empty file', () => Buffer.alloc(0)),
    file('file_not_an_image', 'one byte', () => Buffer.of(0xff)),
    file('file_not_an_image', 'zeros', () => Buffer.alloc(100_000)),
    file('file_not_an_image', 'the prefix alone, one byte short', () =>
      Buffer.concat([Buffer.alloc(128), text('DIC')])
    ),
    file('file_not_an_image', 'SVG with a script', () =>
      text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'.padEnd(2000))
    ),
    file('file_not_an_image', 'HTML', () => text('<!doctype html><script>alert(1)</script>'.padEnd(2000))),
    file('file_not_an_image', 'PDF with a script', () => text('%PDF-1.7\n/JS (app.alert(1))'.padEnd(2000))),
    file('file_not_an_image', 'a program', () => text('MZ\x90\0'.padEnd(3000))),
    file('file_not_an_image', 'a ZIP', () => Buffer.concat([text('PK\x03\x04'), Buffer.alloc(500), zipEnd])),
    file('file_not_an_image', 'GIF', () => text('GIF89a\x01\0\x01\0'.padEnd(500))),
    file('file_not_an_image', 'TIFF', () => text('II*\0\x08\0\0\0'.padEnd(500))),
    file('file_not_an_image', 'WebP', () => text('RIFF\x10\0\0\0WEBPVP8 '.padEnd(500))),
    file('file_not_an_image', 'ImageMagick’s script', () =>
      text('push graphic-context\nfill url(https://e)')
    ),

    file('file_disguised', 'JPEG and ZIP', () => Buffer.concat([photo, text('PK\x03\x04'), zipEnd])),
    file('file_disguised', 'JPEG and ZIP, hidden in a comment', () =>
      jpegWith(photo, jpegSegment(0xfe, Buffer.concat([text('PK\x03\x04'), Buffer.alloc(40)])))
    ),
    file('file_disguised', 'JPEG and HTML', () => Buffer.concat([photo, text('<html><script>1</script>')])),
    file('file_disguised', 'JPEG and a program', () => Buffer.concat([photo, text('MZ'), Buffer.alloc(999)])),
    file('file_disguised', 'JPEG and PDF', () => jpeg(0xfe, '%PDF-1.5 1 0 obj')),
    file('file_disguised', 'PHP in a JPEG’s comment', () => jpeg(0xfe, '<?php system($_GET[0]); ?>')),
    file('file_disguised', 'a script in Exif', () => jpeg(0xe1, 'Exif\0\0II*\0 <ScRiPt>alert(1)</sCrIpT>')),
    file('file_disguised', 'a script in XMP', () =>
      jpeg(0xe1, 'http://ns.adobe.com/xap/1.0/\0<x onload="javascript:alert(1)"/>')
    ),
    file('file_disguised', 'a script in a JPEG’s profile', () => jpeg(0xe2, 'ICC_PROFILE\0\x01\x01<script>')),
    file('file_not_an_image', 'JPEG cut in the middle', () => photo.subarray(0, photo.length / 2)),
    file('file_not_an_image', 'JPEG cut in its header', () => photo.subarray(0, 30)),
    file('file_not_an_image', 'JPEG of nothing', () => Buffer.from([0xff, 0xd8, 0xff, 0xd9])),
    file('file_not_an_image', 'JPEG with a segment beyond its end', () =>
      Buffer.concat([photo.subarray(0, 2), Buffer.from([0xff, 0xe1, 0xff, 0xff]), Buffer.alloc(99)])
    ),
    file('file_not_an_image', 'JPEG with two frame headers', () => {
      const at = frameHeaderOf(photo);
      const frame = photo.subarray(at, at + 2 + photo.readUInt16BE(at + 2));
      return Buffer.concat([photo.subarray(0, at), frame, photo.subarray(at)]);
    }),
    file('file_not_an_image', 'JPEG without rows', () => resized(photo, 0, 400)),
    file('file_too_large', 'JPEG of 65535 × 65535', () => resized(photo, 65535, 65535)),
    file('file_not_an_image', 'JPEG of 8000 × 8000 with the pixels of 400', () => resized(photo, 8000, 8000)),
    file('file_not_an_image', 'JPEG of 5000 scans', () => manyScans(progressive)),

    file('file_too_large', 'PNG of 65535 × 65535', () =>
      png({ width: 65535, height: 65535, pixels: zipEnd })
    ),
    file('file_too_large', 'PNG of 2³¹ columns', () =>
      Buffer.concat([signature, ihdr(0x7fffffff, 0x7fffffff), Buffer.alloc(99)])
    ),
    file('file_not_an_image', 'PNG without columns', () => png({ width: 0, pixels: zipEnd })),
    file('file_not_an_image', 'PNG of 8000 × 8000 without pixels', () =>
      png({ width: 8000, height: 8000, pixels: deflateSync(Buffer.alloc(20)) })
    ),
    file('file_too_large', 'PNG whose pixels unpack to 300 MB for 16 × 16', () =>
      png({ pixels: deflateSync(Buffer.alloc(300 * megabyte), { level: 9 }) })
    ),
    file('file_too_large', 'a bomb in zTXt', () =>
      scriptedText('zTXt', packed('Comment', Buffer.alloc(200 * megabyte)))
    ),
    file('file_too_large', 'a bomb in iCCP', () =>
      scriptedText('iCCP', packed('profile', Buffer.alloc(200 * megabyte)))
    ),
    file('file_too_large', 'a bomb in iTXt', () =>
      scriptedText('iTXt', international('x'.repeat(90 * megabyte)))
    ),
    file('file_too_large', 'a text of 30 MB', () => scriptedText('tEXt', Buffer.alloc(30 * megabyte, 'a'))),
    file('file_disguised', 'a script in tEXt', () =>
      scriptedText('tEXt', text('Title\0<script>alert(1)</script>'))
    ),
    file('file_disguised', 'a script in zTXt', () =>
      scriptedText('zTXt', packed('Title', '<script>alert(1)</script>'))
    ),
    file('file_disguised', 'SVG in iTXt', () => scriptedText('iTXt', international('<svg onload=alert(1)>'))),
    file('file_disguised', 'PNG and ZIP', () => Buffer.concat([whole, text('PK\x03\x04'), zipEnd])),
    file('file_disguised', 'PNG and HTML', () => Buffer.concat([whole, text('\0\0<iframe src=//e>')])),
    file('file_not_an_image', 'PNG without its end', () => whole.subarray(0, whole.length - 12)),
    file('file_not_an_image', 'PNG cut in its pixels', () => whole.subarray(0, 50)),
    file('file_not_an_image', 'PNG with a chunk of 4 GB', () =>
      Buffer.concat([whole.subarray(0, 33), pngChunk('IDAT', Buffer.alloc(50), 0xffffffff)])
    ),
    file('file_not_an_image', 'PNG that begins with its pixels', () =>
      Buffer.concat([signature, pngChunk('IDAT', Buffer.alloc(9)), ihdr(16, 16)])
    )
  ];
}
