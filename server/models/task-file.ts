import { crc32 } from 'node:zlib';

/** MediaPipe maps what lies in the file: TFLite wants its models at a multiple of it. */
const alignment = 16;
const localHeader = { signature: 0x04034b50, bytes: 30 };
const centralHeader = { signature: 0x02014b50, bytes: 46 };
const endRecord = { signature: 0x06054b50, bytes: 22 };
/** Extra field that holds nothing but zeros, as Android's zipalign writes it. */
const padding = { id: 0xd935, bytes: 4 };
/** 1 January 1980, the format's first day: the same files make the same bytes. */
const dosDate = 0x21;

/** A MediaPipe task: its models as a ZIP file, not compressed. */
export function taskFile(entries: readonly { name: string; bytes: Buffer }[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const nameBytes = Buffer.from(name);
    const before = at + localHeader.bytes + nameBytes.length + padding.bytes;
    const extra = Buffer.alloc(padding.bytes + ((alignment - (before % alignment)) % alignment));
    extra.writeUInt16LE(padding.id, 0);
    extra.writeUInt16LE(extra.length - padding.bytes, 2);
    /** From "version needed" to the length of the extra field: the same in both headers. */
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(dosDate, 8);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(bytes.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(nameBytes.length, 22);
    facts.writeUInt16LE(extra.length, 24);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(localHeader.signature);
    local.push(head, facts, nameBytes, extra, bytes);

    const listed = Buffer.alloc(centralHeader.bytes);
    listed.writeUInt32LE(centralHeader.signature, 0);
    listed.writeUInt16LE(20, 4);
    facts.copy(listed, 6);
    listed.writeUInt16LE(0, 30);
    listed.writeUInt32LE(at, 42);
    central.push(listed, nameBytes);
    at += head.length + facts.length + nameBytes.length + extra.length + bytes.length;
  }
  const list = Buffer.concat(central);
  const end = Buffer.alloc(endRecord.bytes);
  end.writeUInt32LE(endRecord.signature, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...local, list, end]);
}
