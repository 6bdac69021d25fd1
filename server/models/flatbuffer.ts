/**
 * As much of FlatBuffers (https://flatbuffers.dev/internals) as it takes to read a TFLite model and to put another
 * root in front of it. References point forward only, so what is new stands before what was there, parents before
 * children, and nothing that was there is rewritten.
 */

/** Offset of the field in slot `slot` of the table at `table`; null: absent. */
export function fieldAt(bytes: Buffer, table: number, slot: number): number | null {
  const vtable = table - bytes.readInt32LE(table);
  const at = 4 + 2 * slot;
  if (at >= bytes.readUInt16LE(vtable)) return null;
  const offset = bytes.readUInt16LE(vtable + at);
  return offset === 0 ? null : table + offset;
}

/** Where the reference at `at` leads. */
export function follow(bytes: Buffer, at: number): number {
  return at + bytes.readUInt32LE(at);
}

/** The tables of a vector of references; empty where the field is absent. */
export function tablesAt(bytes: Buffer, field: number | null): number[] {
  if (field === null) return [];
  const vector = follow(bytes, field);
  return Array.from({ length: bytes.readUInt32LE(vector) }, (_, i) => follow(bytes, vector + 4 + 4 * i));
}

/** Signed 32-bit numbers of a vector; empty where the field is absent. */
export function numbersAt(bytes: Buffer, field: number | null): number[] {
  if (field === null) return [];
  const vector = follow(bytes, field);
  return Array.from({ length: bytes.readUInt32LE(vector) }, (_, i) => bytes.readInt32LE(vector + 4 + 4 * i));
}

/** Something new, or a place in the bytes that were there. */
export type Target = Part | { old: number };
/** One of a table's fields. */
export type Field = { u8: number } | { i32: number } | { to: Target };

export type Part =
  | { kind: 'table'; fields: Map<number, Field> }
  | { kind: 'references'; to: readonly Target[] }
  | { kind: 'words'; words: Buffer }
  | { kind: 'bytes'; bytes: Buffer; isText: boolean };

/** @param fields by slot */
export function table(fields: Record<number, Field>): Part {
  return {
    kind: 'table',
    fields: new Map(Object.entries(fields).map(([slot, field]) => [Number(slot), field]))
  };
}
export const references = (to: readonly Target[]): Part => ({ kind: 'references', to });
export const text = (value: string): Part => ({ kind: 'bytes', bytes: Buffer.from(value), isText: true });
export const blob = (bytes: Buffer): Part => ({ kind: 'bytes', bytes, isText: false });
export const integers = (values: readonly number[]): Part => ({
  kind: 'words',
  words: Buffer.from(Int32Array.from(values).buffer)
});
export const floats = (values: readonly number[]): Part => ({
  kind: 'words',
  words: Buffer.from(Float32Array.from(values).buffer)
});

/** Contents of a TFLite buffer, and so whatever follows the new front, begin at a multiple of it. */
const alignment = 16;
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

interface Place {
  part: Part;
  /** Of the table or vector itself; a table's vtable stands before it. */
  at: number;
}

/** A FlatBuffer of `root` and all it refers to, with `old` behind it, unchanged. `identifier`: four letters. */
export function write(root: Part, identifier: string, old: Buffer = Buffer.alloc(0)): Buffer {
  const places = new Map<Part, Place>();
  let end = 8;
  const lay = (part: Part): void => {
    if (places.has(part)) return;
    const at = placeOf(part, end);
    places.set(part, { part, at });
    end = at + sizeOf(part);
    for (const target of targetsOf(part)) if ('kind' in target) lay(target);
  };
  lay(root);
  const shift = roundUp(end, alignment);
  const out = Buffer.concat([Buffer.alloc(shift), old]);
  out.writeUInt32LE(places.get(root)!.at, 0);
  out.write(identifier, 4, 'latin1');
  const offsetOf = (target: Target) => ('kind' in target ? places.get(target)!.at : shift + target.old);
  for (const { part, at } of places.values()) writePart(out, part, at, offsetOf);
  return out;
}

function slotsOf(fields: Map<number, Field>): number {
  return Math.max(...fields.keys(), -1) + 1;
}

function placeOf(part: Part, end: number): number {
  switch (part.kind) {
    case 'table':
      return roundUp(end + 4 + 2 * slotsOf(part.fields), 4);
    case 'references':
    case 'words':
      return roundUp(end, 4);
    case 'bytes':
      return roundUp(end + 4, alignment) - 4;
  }
}

function sizeOf(part: Part): number {
  switch (part.kind) {
    case 'table':
      return 4 + 4 * part.fields.size;
    case 'references':
      return 4 + 4 * part.to.length;
    case 'words':
      return 4 + part.words.length;
    case 'bytes':
      return 4 + part.bytes.length + (part.isText ? 1 : 0);
  }
}

function targetsOf(part: Part): Target[] {
  if (part.kind === 'references') return [...part.to];
  if (part.kind === 'table')
    return [...part.fields.values()].flatMap((field) => ('to' in field ? [field.to] : []));
  return [];
}

function writePart(out: Buffer, part: Part, at: number, offsetOf: (target: Target) => number): void {
  switch (part.kind) {
    case 'table': {
      const slots = slotsOf(part.fields);
      const vtable = at - 4 - 2 * slots;
      out.writeUInt16LE(4 + 2 * slots, vtable);
      out.writeUInt16LE(sizeOf(part), vtable + 2);
      out.writeInt32LE(at - vtable, at);
      let offset = 4;
      for (const [slot, field] of part.fields) {
        out.writeUInt16LE(offset, vtable + 4 + 2 * slot);
        if ('u8' in field) out.writeUInt8(field.u8, at + offset);
        else if ('i32' in field) out.writeInt32LE(field.i32, at + offset);
        else out.writeUInt32LE(offsetOf(field.to) - (at + offset), at + offset);
        offset += 4;
      }
      return;
    }
    case 'references':
      out.writeUInt32LE(part.to.length, at);
      part.to.forEach((target, i) => {
        const here = at + 4 + 4 * i;
        out.writeUInt32LE(offsetOf(target) - here, here);
      });
      return;
    case 'words':
      out.writeUInt32LE(part.words.length / 4, at);
      part.words.copy(out, at + 4);
      return;
    case 'bytes':
      out.writeUInt32LE(part.bytes.length, at);
      part.bytes.copy(out, at + 4);
      return;
  }
}
