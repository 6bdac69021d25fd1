/**
 * [RT-4] A name for a file inside the archive or on a disk: ASCII letters, digits, dot and hyphen, so that no part of
 * it is a folder, a drive, a hidden file or a name Windows keeps for itself. Empty where nothing is left.
 */
export function safeName(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 80);
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `x-${name}` : name;
}

const endings: Record<string, string> = {
  'application/dicom': 'dcm',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'application/pdf': 'pdf',
  'video/webm': 'webm',
  'video/mp4': 'mp4'
};

/** Where an original lies in the archive. */
export function imagePath(image: {
  id: string;
  kind: string;
  mediaType: string;
  takenAt: string | null;
  uploadedAt: Date;
}): string {
  const day = image.takenAt?.slice(0, 10) ?? image.uploadedAt.toISOString().slice(0, 10);
  return `images/${safeName(`${day}-${image.kind}-${image.id}`)}.${endings[image.mediaType] ?? 'bin'}`;
}

/** Where a file of a consult's chat lies in the archive; its own name stands in the record. */
export function chatFilePath(consultNumber: string, messageId: string, mediaType: string): string {
  return `messages/${safeName(consultNumber)}/${messageId}.${endings[mediaType] ?? 'bin'}`;
}

/** Where a signed document lies in the archive. */
export function documentPath(consultNumber: string, document: { kind: string; locale: string }): string {
  const pdf = document.kind === 'opinion-pdf';
  const name = pdf ? `opinion-${document.locale}.pdf` : 'board.png';
  return `documents/${safeName(consultNumber)}/${safeName(name)}`;
}

/** Where a recording of a consult's room lies in the archive. */
export function recordingPath(consultNumber: string, recording: { id: string; type: string }): string {
  return `recordings/${safeName(consultNumber)}/${recording.id}.${endings[recording.type] ?? 'bin'}`;
}
