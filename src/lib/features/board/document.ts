import * as v from 'valibot';
import { isId } from '#lib/kernel/ids.ts';
import { draftKey } from './drafts.ts';
import { type Hosting, isHostKey, mayDecide } from './hosts.ts';
import { isMomentKey, moment } from './moments.ts';
import { isSameScale } from './image-register.ts';
import { metaRoot, inkKey, recordsRoot, schemaKey } from './format.ts';
import { pinnedSchema } from './schema-pin.ts';
import {
  type ShapeScale,
  drawnShapeTypes,
  maxEarlierScales,
  ordinal,
  ownShapeProps,
  ownShapeTypes,
  shapeScale
} from './shapes.ts';

/**
 * What may be written into a board's document (laid out in format.ts), decided value by value, before an
 * update is applied and before anyone else sees it.
 */

/** One value that an update would put at one place of the document. */
export interface BoardWrite {
  /** Name of the root type. */
  root: string;
  /** Keys from the root down; null stands for a place in a list. */
  path: readonly (string | null)[];
  content:
    | { kind: 'value'; value: unknown }
    | { kind: 'bytes'; size: number }
    | { kind: 'type'; type: 'map' | 'array' | 'other' }
    /** Anything else Yjs can hold: rich text, sub-documents. */
    | { kind: 'other' };
}

export type RefusalCode =
  /** Not of a board's layout. */
  | 'unknown-content'
  | 'unknown-shape'
  /** Something other than a place on a pin: what is said there is not part of the document. */
  | 'words-on-pin'
  /** An image that is not of this patient or not shared in this consult. */
  | 'foreign-image'
  /** Something said to be made by somebody else than who writes it. */
  | 'foreign-author'
  /** A scale that neither the record nor who writes it answers for. */
  | 'unknown-scale'
  /** A frame that the image does not have. */
  | 'unknown-frame'
  /** An address that would be fetched or opened. */
  | 'outside-link'
  /** Written by a newer version of the app than the server's. */
  | 'newer-client'
  /** What only a host of the board decides: its lock, what a patient is shown. */
  | 'not-host'
  | 'too-large';

export interface Refusal {
  code: RefusalCode;
  recordId?: string;
  imageId?: string;
}

export interface BoardPolicy {
  /** A promise: not known yet; ask again once it has resolved. */
  allowsImage(imageId: string): boolean | Promise<void>;
  /** What the record is, or becomes by the update that is judged; see `kindsIn`. */
  kindOf(recordId: string): RecordKind;
  /** Who writes, as their session says. */
  author: { id: string; name: string };
  hosting: Hosting;
  /** What a field of a record holds before the update; undefined where nothing is there. */
  fieldOf(recordId: string, field: string): unknown;
  /** What a key of `meta` holds before the update; undefined where nothing is there. */
  metaOf(key: string): unknown;
  /** Every scale that a record of the board gives this image, or gave it before. */
  scalesOf(imageId: string): readonly unknown[];
  /** As `scalesOf`, and what records gave it that were deleted since. A promise: as for `allowsImage`. */
  formerScalesOf(imageId: string): readonly unknown[] | Promise<void>;
  /** The image a record shows, or comes to show by the update that is judged; see `imagesIn`. */
  imageOf(recordId: string): string | null;
  /** Whether the record of the patient gives the image this scale. A promise: as for `allowsImage`. */
  allowsScale(imageId: string, scale: ShapeScale): boolean | Promise<void>;
  /** Whether the image has that frame, from 1. A promise: as for `allowsImage`. */
  allowsFrame(imageId: string, frame: number): boolean | Promise<void>;
}

/** `mixed`: would turn into a pin, or stop being one. */
export type RecordKind = 'pin' | 'other' | 'mixed';

/**
 * What each record is once `writes` are applied. `typeOf` says what it is now: its `type`, null where there is no
 * such record. A pin is made in one piece and stays one, so nothing can be given words first and turned into a pin.
 */
export function kindsIn(
  writes: readonly BoardWrite[],
  typeOf: (recordId: string) => unknown
): BoardPolicy['kindOf'] {
  const written = new Map<string, Set<unknown>>();
  for (const { root, path, content } of writes) {
    const [id, field] = path;
    if (root !== recordsRoot || typeof id !== 'string' || field !== 'type') continue;
    const types = written.get(id) ?? new Set();
    written.set(id, types.add(content.kind === 'value' ? content.value : content.kind));
  }
  return (recordId) => {
    const now = typeOf(recordId);
    const types = [...(now === null ? [] : [now]), ...(written.get(recordId) ?? [])];
    if (!types.includes('pin')) return 'other';
    return types.every((type) => type === 'pin') ? 'pin' : 'mixed';
  };
}

/** The image of each record once `writes` are applied. */
export function imagesIn(
  writes: readonly BoardWrite[],
  fieldOf: BoardPolicy['fieldOf']
): BoardPolicy['imageOf'] {
  const written = new Map<string, unknown>();
  for (const { root, path, content } of writes)
    if (root === recordsRoot && typeof path[0] === 'string' && path[1] === 'props.imageId')
      written.set(path[0], content.kind === 'value' ? content.value : null);
  return (recordId) => {
    const image = written.has(recordId) ? written.get(recordId) : fieldOf(recordId, 'props.imageId');
    return typeof image === 'string' ? image : null;
  };
}

const recordId = /^(document|page|shape|binding):[\w:-]{1,64}$/;
const shapeTypes: ReadonlySet<unknown> = new Set<string>([...ownShapeTypes, ...drawnShapeTypes]);
const maxInkChunkBytes = 256 * 1024;
const maxMetaBytes = 64 * 1024;

/** [BD-3] Null: the write is in order. A promise: ask again once it has resolved. */
export function checkWrite(write: BoardWrite, policy: BoardPolicy): Refusal | null | Promise<void> {
  if (write.root === recordsRoot) return checkRecordWrite(write, policy);
  if (write.root === metaRoot) return checkMetaWrite(write, policy);
  return { code: 'unknown-content' };
}

function checkRecordWrite(
  { path, content }: BoardWrite,
  policy: BoardPolicy
): Refusal | null | Promise<void> {
  const [id, field, place] = path;
  const refuse = (code: RefusalCode): Refusal => (typeof id === 'string' ? { code, recordId: id } : { code });
  if (typeof id !== 'string' || !recordId.test(id) || field === null) return refuse('unknown-content');
  const kind = policy.kindOf(id);
  if (kind === 'mixed') return refuse('unknown-shape');
  if (kind === 'pin' && field !== undefined && !isOfPin(field, content)) return refuse('words-on-pin');
  if (field === undefined)
    return content.kind === 'type' && content.type === 'map' ? null : refuse('unknown-content');
  if (field === inkKey) return checkInk(content, path.length, place) ? null : refuse('unknown-content');
  if (path.length !== 2 || content.kind !== 'value') return refuse('unknown-content');
  return checkField(id, field, content.value, policy);
}

const coordinate = v.pipe(v.number(), v.finite());
/** All a pin consists of. Each value is a number, an id or a short key: nowhere is there room for words. */
const pinFields: Readonly<Record<string, v.GenericSchema>> = {
  id: v.pipe(v.string(), v.regex(recordId)),
  typeName: v.literal('shape'),
  type: v.literal('pin'),
  x: coordinate,
  y: coordinate,
  rotation: coordinate,
  opacity: coordinate,
  isLocked: v.boolean(),
  index: v.pipe(v.string(), v.regex(/^[\dA-Za-z]{1,64}$/)),
  parentId: v.pipe(v.string(), v.regex(recordId)),
  'props.number': ownShapeProps.pin.number,
  'props.tooth': ownShapeProps.pin.tooth,
  'props.size': ownShapeProps.pin.size,
  meta: v.strictObject({
    by: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
    at: v.pipe(v.string(), v.isoTimestamp()),
    imageId: v.optional(
      v.pipe(
        v.string(),
        v.check((value: string) => isId(value))
      )
    ),
    frame: v.optional(ordinal)
  })
};

function isOfPin(field: string, content: BoardWrite['content']): boolean {
  const schema = Object.hasOwn(pinFields, field) ? pinFields[field] : undefined;
  return schema !== undefined && content.kind === 'value' && v.is(schema, content.value);
}

function checkInk(content: BoardWrite['content'], depth: number, place: string | null | undefined): boolean {
  if (depth === 2) return content.kind === 'type' && content.type === 'array';
  return depth === 3 && place === null && content.kind === 'bytes' && content.size <= maxInkChunkBytes;
}

function checkField(
  id: string,
  field: string,
  value: unknown,
  policy: BoardPolicy
): Refusal | null | Promise<void> {
  const kind = id.slice(0, id.indexOf(':'));
  switch (field) {
    case 'id':
      return value === id ? null : { code: 'unknown-content', recordId: id };
    case 'typeName':
      return value === kind ? null : { code: 'unknown-content', recordId: id };
    case 'type':
      return (kind === 'shape' && shapeTypes.has(value)) || (kind === 'binding' && value === 'arrow')
        ? null
        : { code: 'unknown-shape', recordId: id };
    case 'props.imageId':
      return checkImage(id, value, policy);
    case 'props.url':
      return value === '' ? null : { code: 'outside-link', recordId: id };
    // No shape of a board shows an asset of tldraw's own.
    case 'props.assetId':
    case 'props.src':
      return value === null || value === '' ? null : { code: 'outside-link', recordId: id };
    case 'props.calibration':
      return checkScales(id, [value], policy);
    case 'props.earlier':
      return Array.isArray(value) && value.length <= maxEarlierScales
        ? checkScales(id, value, policy)
        : { code: 'unknown-scale', recordId: id };
    case 'meta':
      if (!isObject(value)) return { code: 'unknown-content', recordId: id };
      if (!isOwnWork(value, policy.fieldOf(id, 'meta'), policy.author))
        return { code: 'foreign-author', recordId: id };
      // [BD-17] A draft belongs in the browser of who draws it.
      if (value[draftKey] !== undefined) return { code: 'unknown-content', recordId: id };
      return checkPlace(id, value, policy);
    case 'props.frame':
      return checkFrame(id, policy.imageOf(id), value, policy);
    default:
      return null;
  }
}

/** [BD-10] Who made something stays; what has no maker yet is made by who writes it. */
function isOwnWork(meta: Record<string, unknown>, before: unknown, author: BoardPolicy['author']): boolean {
  const made = isObject(before) ? before : {};
  if (made['by'] !== undefined)
    return (['by', 'byName', 'at'] as const).every((field) => meta[field] === made[field]);
  return (
    (meta['by'] === undefined || meta['by'] === author.id) &&
    (meta['byName'] === undefined || meta['byName'] === '' || meta['byName'] === author.name)
  );
}

/**
 * [BD-11] Millimetres, present and earlier, rest on what the record says of the image, on what was its scale on the
 * board before, or on somebody who measured something and whose name the session vouches for.
 */
function checkScales(
  id: string,
  values: readonly unknown[],
  policy: BoardPolicy
): Refusal | null | Promise<void> {
  const imageId = policy.imageOf(id);
  for (const value of values) {
    const scale = v.safeParse(shapeScale, value);
    const isFound = scale.success && findScale(imageId, value, scale.output, policy);
    if (isFound instanceof Promise) return isFound;
    if (!isFound) return { code: 'unknown-scale', recordId: id };
  }
  return null;
}

function findScale(
  imageId: string | null,
  value: unknown,
  scale: ShapeScale,
  policy: BoardPolicy
): boolean | Promise<void> {
  if (scale.kind === 'none' || (scale.kind === 'user' && scale.by === policy.author.name)) return true;
  if (imageId === null) return false;
  if (policy.scalesOf(imageId).some((known) => isSameScale(known, value))) return true;
  const allowed = policy.allowsScale(imageId, scale);
  if (allowed !== false) return allowed;
  // What was deleted and is brought back has the scales it had.
  const former = policy.formerScalesOf(imageId);
  return former instanceof Promise ? former : former.some((known) => isSameScale(known, value));
}

function checkImage(id: string, imageId: unknown, policy: BoardPolicy): Refusal | null | Promise<void> {
  if (typeof imageId !== 'string') return { code: 'unknown-content', recordId: id };
  const allowed = policy.allowsImage(imageId);
  if (typeof allowed !== 'boolean') return allowed;
  return allowed ? null : { code: 'foreign-image', recordId: id, imageId };
}

/** Where something was made: on an image of this consult, on a frame that it has. */
function checkPlace(
  id: string,
  { imageId, frame }: Record<string, unknown>,
  policy: BoardPolicy
): Refusal | null | Promise<void> {
  const image = imageId === undefined ? null : checkImage(id, imageId, policy);
  return image ?? (frame === undefined ? null : checkFrame(id, imageId, frame, policy));
}

/** [BD-20] Every image has a first frame; of the others the record knows. */
function checkFrame(
  id: string,
  imageId: unknown,
  frame: unknown,
  policy: BoardPolicy
): Refusal | null | Promise<void> {
  const refused: Refusal = { code: 'unknown-frame', recordId: id };
  if (!v.is(ordinal, frame)) return refused;
  if (frame === 1) return null;
  if (typeof imageId !== 'string') return refused;
  const allowed = policy.allowsFrame(imageId, frame);
  if (typeof allowed !== 'boolean') return allowed;
  return allowed ? null : refused;
}

function checkMetaWrite({ path, content }: BoardWrite, policy: BoardPolicy): Refusal | null {
  const [key] = path;
  if (path.length !== 1 || typeof key !== 'string' || content.kind !== 'value')
    return { code: 'unknown-content' };
  if (JSON.stringify(content.value ?? null).length > maxMetaBytes) return { code: 'too-large' };
  if (isMomentKey(key)) return isOwnMoment(key, content.value, policy) ? null : { code: 'foreign-author' };
  if (isHostKey(key)) return mayDecide(key, content.value, policy) ? null : { code: 'not-host' };
  return key === schemaKey && isNewerSchema(content.value) ? { code: 'newer-client' } : null;
}

/** [BD-14] A moment is named once, by who writes it. */
function isOwnMoment(key: string, value: unknown, { author, metaOf }: BoardPolicy): boolean {
  return (
    metaOf(key) === undefined && v.is(moment, value) && value.by === author.id && value.byName === author.name
  );
}

/** True where records written in `schema` could hold what this version cannot read. */
function isNewerSchema(schema: unknown): boolean {
  if (!isObject(schema) || !isObject(schema['sequences'])) return true;
  const known: Readonly<Record<string, number>> = pinnedSchema.sequences;
  return Object.entries(schema['sequences']).some(
    ([sequence, version]) => typeof version !== 'number' || version > (known[sequence] ?? -1)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
