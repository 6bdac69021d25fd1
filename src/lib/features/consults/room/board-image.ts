import type { BoardImage } from '#lib/features/board/initial.ts';
import { noScale } from '#lib/features/board/shapes.ts';
import type { ImageView } from '#lib/features/imaging/index.ts';

/** A camera's picture as it lies on a board: nothing is known of its scale, so what is measured on it is in pixels. */
export function boardImageOf(image: ImageView): BoardImage {
  return {
    imageId: image.id,
    kind: image.kind,
    takenOn: (image.takenAt ?? image.uploadedAt).slice(0, 10),
    side: image.laterality ?? '',
    teeth: image.teeth,
    width: image.columns,
    height: image.rows,
    scale: noScale,
    window: null
  };
}
