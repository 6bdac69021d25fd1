import * as Y from 'yjs';
import { type RawRecord, createRecord, metaRoot, recordsOf, schemaKey } from './format.ts';
import { pinnedSchema } from './schema-pin.ts';
import { type Authorship, type GreyWindow, type ShapeScale, type XrayProps } from './shapes.ts';

/** An image as it comes to the board. Sizes in image pixels. */
export interface BoardImage {
  imageId: string;
  kind: string;
  /** Local date `YYYY-MM-DD`, or empty. */
  takenOn: string;
  side: XrayProps['side'];
  teeth: readonly string[];
  width: number;
  height: number;
  scale: ShapeScale;
  /** Null: the picture's own default. */
  window: GreyWindow | null;
}

export interface InitialBoard {
  images: readonly BoardImage[];
  withChart: boolean;
  author: Pick<Authorship, 'by' | 'byName' | 'at'>;
}

export const pageId = 'page:page';
const gap = 120;
/** Longest row of images before the next one begins, page units. */
const rowWidth = 6_000;
/** The chart's place beside X-rays of thousands of pixels; see `chartEnlargement`. */
export const chartSize = { w: 2_400, h: 1_260 };
/** The chart is laid out for so many times fewer CSS pixels and enlarged, so that its words are readable. */
export const chartEnlargement = 2;
/** Fractional index keys as tldraw sorts them. */
const indexDigits = '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const maxImages = indexDigits.length - 1;

/**
 * A board as it is when a consult opens, as a Yjs update for the server to write: the X-rays in rows, the
 * chart below. At most 60 images; those beyond are left out.
 */
export function initialBoard(board: InitialBoard): Uint8Array {
  const doc = new Y.Doc();
  doc.transact(() => {
    const records = recordsOf(doc);
    for (const record of initialRecords(board)) createRecord(records, record);
    doc.getMap(metaRoot).set(schemaKey, structuredClone(pinnedSchema));
  });
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

export function initialRecords({ images, withChart, author }: InitialBoard): RawRecord[] {
  const records: RawRecord[] = [
    { id: 'document:document', typeName: 'document', gridSize: 10, name: '', meta: {} },
    { id: pageId, typeName: 'page', name: '', index: 'a1', meta: {} }
  ];
  let [x, y, rowHeight, widest] = [0, 0, 0, 0];
  images.slice(0, maxImages).forEach((image, i) => {
    if (x > 0 && x + image.width > rowWidth) [x, y, rowHeight] = [0, y + rowHeight + gap, 0];
    records.push(xrayRecord(image, { x, y, index: `a${indexDigits[i]}` }, author));
    widest = Math.max(widest, x + image.width);
    x += image.width + gap;
    rowHeight = Math.max(rowHeight, image.height);
  });
  if (withChart) {
    const at = { x: Math.max(0, (widest - chartSize.w) / 2), y: images.length ? y + rowHeight + gap : 0 };
    records.push(
      shapeRecord(
        'shape:odontogram',
        'odontogram',
        { ...at, index: `a${indexDigits.at(-1)}` },
        { ...chartSize },
        { ...author }
      )
    );
  }
  return records;
}

/** Also used for an image that is put on the board later. */
export function xrayRecord(
  image: BoardImage,
  place: { x: number; y: number; index: string },
  author: InitialBoard['author']
): RawRecord {
  const props: XrayProps = {
    imageId: image.imageId,
    w: image.width,
    h: image.height,
    frame: 1,
    kind: image.kind,
    takenOn: image.takenOn,
    side: image.side,
    teeth: [...image.teeth],
    window: image.window,
    invert: false,
    sharpen: false,
    flip: false,
    calibration: image.scale,
    earlier: []
  };
  return shapeRecord(`shape:image-${image.imageId}`, 'xray', place, props, {
    ...author,
    imageId: image.imageId
  });
}

function shapeRecord(
  id: string,
  type: string,
  place: { x: number; y: number; index: string },
  props: Record<string, unknown>,
  meta: Record<string, unknown>
): RawRecord {
  return {
    id,
    typeName: 'shape',
    type,
    ...place,
    rotation: 0,
    parentId: pageId,
    isLocked: false,
    opacity: 1,
    props,
    meta
  };
}
