import { expect, it } from 'vitest';
import { imagesOfTooth, type ImageKind } from './image.ts';

const image = (id: string, kind: ImageKind, ...teeth: string[]) => ({ id, kind, teeth });

it('[IM-20] shows of a tooth its own pictures first, then those of the jaw, and no other', () => {
  const images = [
    image('pano', 'panoramic'),
    image('other', 'periapical', '11', '12'),
    image('own', 'periapical', '35', '36', '37'),
    image('all', 'panoramic', ...Array.from({ length: 8 }, (_, i) => `3${i + 1}`)),
    image('unnamed', 'periapical'),
    image('photo', 'intraoral-photo'),
    image('ceph', 'lateral-ceph')
  ];
  expect(imagesOfTooth(images, '36').map(({ id }) => id)).toEqual(['own', 'pano', 'all']);
  expect(imagesOfTooth(images, '18').map(({ id }) => id)).toEqual(['pano']);
});
