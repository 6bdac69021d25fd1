import * as Y from 'yjs';
import {
  type RawRecord,
  type YRecord,
  createRecord,
  metaRoot,
  readBoard,
  readRecord,
  recordsOf,
  schemaKey
} from './format.ts';
import { patientViewOf } from './hosts.ts';

/** [BD-16] What the server sends a visiting patient instead of the document. */
export interface PatientNews {
  /** All there is; else what changed since the last. */
  whole: boolean;
  /** The tldraw schema the records are written in. */
  schema: unknown;
  /** Records that are new or different. */
  put: RawRecord[];
  /** Ids of records that are not shown any more. */
  gone: string[];
}

/**
 * [BD-16] The records a visiting patient is given: the image that is shown, with what is drawn on it. No pin, nothing of
 * another image, nothing of who drew what. Costs one look at each record, and reading those that are given.
 */
export function patientRecords(doc: Y.Doc): RawRecord[] {
  const view = patientViewOf(doc);
  const records = recordsOf(doc);
  const shown = new Set<string>();
  if (view && fieldOf(records.get(view.shape), 'type') === 'xray') {
    shown.add(view.shape);
    for (const id of below(records, view.shape)) shown.add(id);
  }
  const given: RawRecord[] = [];
  for (const [id, value] of records) {
    const kind = id.slice(0, id.indexOf(':'));
    const isGiven =
      kind === 'document' ||
      kind === 'page' ||
      shown.has(id) ||
      (kind === 'binding' &&
        shown.has(String(fieldOf(value, 'fromId'))) &&
        shown.has(String(fieldOf(value, 'toId'))));
    const record = isGiven ? readRecord(value) : null;
    if (record) given.push({ ...record, meta: {} });
  }
  return given;
}

/** Ids of what lies on a shape, at any depth; pins and what would hang on them left out. */
function below(records: Y.Map<YRecord>, root: string): string[] {
  const children = new Map<string, string[]>();
  for (const [id, value] of records) {
    const parent = fieldOf(value, 'parentId');
    if (typeof parent !== 'string' || fieldOf(value, 'type') === 'pin') continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(id);
    else children.set(parent, [id]);
  }
  const found: string[] = [];
  const left = [root];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    const here = children.get(id) ?? [];
    // Each shape is taken once, also where shapes lie on each other in a circle.
    children.delete(id);
    found.push(...here);
    left.push(...here);
  }
  return found;
}

function fieldOf(value: unknown, field: string): unknown {
  return value instanceof Y.Map ? value.get(field) : undefined;
}

/** A host shows something. */
export function hasImage(shown: Y.Doc): boolean {
  return [...recordsOf(shown).values()].some((value) => fieldOf(value, 'type') === 'xray');
}

/** Brings a patient's own copy up to what the server sent. */
export function applyPatientNews(shown: Y.Doc, { whole, schema, put, gone }: PatientNews): void {
  shown.transact(() => {
    const records = recordsOf(shown);
    const given = new Set(put.map(({ id }) => id));
    const left = whole
      ? readBoard(shown)
          .map(({ id }) => id)
          .filter((id) => !given.has(id))
      : gone;
    if (schema !== undefined && schema !== null) shown.getMap(metaRoot).set(schemaKey, schema);
    for (const id of left) records.delete(id);
    for (const record of put) createRecord(records, record);
  });
}
