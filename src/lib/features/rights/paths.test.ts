import { expect, it } from 'vitest';
import { documentPath, imagePath, safeName } from './paths.ts';

it('[RT-4] a name is never a way out of its folder', () => {
  expect(safeName('../../etc/passwd')).toBe('etc-passwd');
  expect(safeName('C:\\Windows\\x')).toBe('C-Windows-x');
  expect(safeName('a/../../b')).toBe('a-.-.-b');
  expect(safeName('.hidden')).toBe('hidden');
  expect(safeName('nul.txt')).toBe('x-nul.txt');
  expect(safeName('王秀英 P0001')).toBe('P0001');
  expect(safeName('x\u0000\u202ey')).toBe('x-y');
  expect(safeName('a'.repeat(300))).toHaveLength(80);
});

it('[RT-4] each original and document has its own path', () => {
  const image = { kind: 'panoramic', mediaType: 'application/dicom', uploadedAt: new Date(0) };
  expect(imagePath({ ...image, id: 'i1', takenAt: '2026-02-14T09:30:15' })).toBe(
    'images/2026-02-14-panoramic-i1.dcm'
  );
  expect(imagePath({ ...image, id: 'i2', takenAt: null, mediaType: 'x/y' })).toBe(
    'images/1970-01-01-panoramic-i2.bin'
  );
  expect(documentPath('C-1', { kind: 'opinion-pdf', locale: 'zh-CN' })).toBe(
    'documents/C-1/opinion-zh-CN.pdf'
  );
  expect(documentPath('C-1', { kind: 'board-png', locale: '' })).toBe('documents/C-1/board.png');
});
