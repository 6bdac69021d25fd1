import * as Y from 'yjs';

const imageField = 'props.imageId';
const scaleFields = ['props.calibration', 'props.earlier'] as const;
type Field = typeof imageField | (typeof scaleFields)[number];
const fields: ReadonlySet<unknown> = new Set([imageField, ...scaleFields]);

/** One record that was on the board at some time. */
interface FormerRecord {
  images: Set<string>;
  scales: unknown[];
}

/**
 * [BD-11] Every scale that an image had on a board, also on records that were deleted since: found in the updates
 * themselves, because the living document has dropped them.
 */
export class ScaleHistory {
  /** Which field of which record each value's item is of. Items of an overwritten field name only their predecessor. */
  readonly #places = new Map<string, { record: string; field: Field }>();
  readonly #records = new Map<string, FormerRecord>();

  /** @param update a Yjs update, encoding version 1; in the order of the log, any of them twice */
  add(update: Uint8Array): void {
    // Cheap first: a scale and an image's place are in few of them.
    const bytes = Buffer.from(update.buffer, update.byteOffset, update.byteLength);
    if (!bytes.includes('rowMm') && !bytes.includes(imageField)) return;
    for (const struct of Y.decodeUpdate(update).structs) if (struct instanceof Y.Item) this.#note(struct);
  }

  /** In no order, some of them more than once. */
  of(imageId: string): unknown[] {
    return [...this.#records.values()].flatMap(({ images, scales }) => (images.has(imageId) ? scales : []));
  }

  #note(item: Y.Item): void {
    const key = keyOf(item.id);
    const place = this.#placeOf(item);
    if (!place || this.#places.has(key)) return;
    this.#places.set(key, place);
    if (!(item.content instanceof Y.ContentAny)) return;
    const record = this.#records.get(place.record) ?? { images: new Set(), scales: [] };
    this.#records.set(place.record, record);
    const value: unknown = item.content.arr.at(-1);
    if (place.field !== imageField)
      record.scales.push(...(Array.isArray(value) ? (value as unknown[]) : [value]));
    else if (typeof value === 'string') record.images.add(value);
  }

  #placeOf({ parent, parentSub, origin, rightOrigin }: Y.Item): { record: string; field: Field } | undefined {
    if (parent instanceof Y.ID)
      return isField(parentSub) ? { record: keyOf(parent), field: parentSub } : undefined;
    const neighbour = origin ?? rightOrigin;
    return neighbour ? this.#places.get(keyOf(neighbour)) : undefined;
  }
}

function keyOf({ client, clock }: Y.ID): string {
  return `${client}:${clock}`;
}

function isField(key: string | null): key is Field {
  return fields.has(key);
}
