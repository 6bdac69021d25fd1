export type FileFormat = 'dicom' | 'jpeg' | 'png';

/** The format by content, never by name; null where it is none that this room reads. */
export function sniff(bytes: Uint8Array): FileFormat | null {
  if (looksLikeDicom(bytes)) return 'dicom';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return png.every((byte, i) => bytes[i] === byte) ? 'png' : null;
}

export const mediaTypeOf: Record<FileFormat, string> = {
  dicom: 'application/dicom',
  jpeg: 'image/jpeg',
  png: 'image/png'
};

/** Bytes that `sniff` needs to tell. */
export const sniffBytes = 132;

/** True where the Part 10 prefix is in its place. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  return bytes.length >= 132 && String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
}
