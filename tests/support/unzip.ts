import { crc32 } from 'node:zlib';

/** The files of a zip archive whose entries are stored as they are, by the central directory; checksums compared. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const method = archive.readUInt16LE(at + 10);
    const [checksum, size] = [archive.readUInt32LE(at + 16), archive.readUInt32LE(at + 24)];
    const [nameBytes, extraBytes, noteBytes] = [28, 30, 32].map((offset) =>
      archive.readUInt16LE(at + offset)
    ) as [number, number, number];
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + size);
    if (method !== 0 || crc32(bytes) !== checksum || files.has(name)) throw new Error(`a bad entry: ${name}`);
    files.set(name, bytes);
    at += 46 + nameBytes + extraBytes + noteBytes;
  }
  return files;
}
