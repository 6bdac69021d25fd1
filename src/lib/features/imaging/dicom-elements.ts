import type { DataSet } from 'dicom-parser';

/** Single values of a data set, believed for nothing but their form. */

export function bytesOf(data: DataSet, tag: string): Uint8Array | null {
  const element = data.elements[tag];
  if (!element || element.length === 0 || element.length === 0xffffffff) return null;
  return data.byteArray.subarray(element.dataOffset, element.dataOffset + Math.min(element.length, 1024));
}

/** A short string value, trimmed of padding; null where absent or empty. */
export function text(data: DataSet, tag: string): string | null {
  const raw = bytesOf(data, tag);
  if (!raw) return null;
  const value = String.fromCharCode(...raw)
    .replace(/\0+$/, '')
    .trim();
  return value === '' ? null : value;
}

export function numbers(data: DataSet, tag: string): number[] | null {
  const values = text(data, tag)?.split('\\').map(Number);
  return values && values.every(Number.isFinite) ? values : null;
}

export function integer(value: string | null): number | null {
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : null;
}

/** A code string (PS3.5 6.2: capitals, digits, space, underscore); null for anything else. */
export function code(value: string | null): string | null {
  return value !== null && /^[A-Z0-9_ ]{1,16}$/.test(value) ? value : null;
}

/** A UID of the file; null where it is none, so that free text cannot stand in its place. */
export function uid(data: DataSet, tag: string): string | null {
  const value = text(data, tag);
  return value !== null && /^[\d.]{1,64}$/.test(value) ? value : null;
}

/** A UID is digits and dots; whatever else stands there does not get into a text. */
export function safeUid(value: string): string {
  return value.replace(/[^\d.]/g, '').slice(0, 64);
}
