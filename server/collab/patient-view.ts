import type * as Y from 'yjs';
import { metaRoot, schemaKey } from '#lib/features/board/format.ts';
import { type PatientNews, patientRecords } from '#lib/features/board/patient-view.ts';
import { Cadence } from './cadence.ts';
import type { PresenceMember } from './presence.ts';
import { encodeShown } from './protocol.ts';

/** A socket, as the patient's view sees it. */
export interface ShownMember extends PresenceMember {
  sendShown(frame: Uint8Array): void;
}

/** A line that grows reaches a patient ten times a second. */
const everyMs = 100;

export function isPatient({ role }: { role: string }): boolean {
  return role === 'patient';
}

/**
 * [CO-31] What patients' sockets are given in place of a document: the records of what a host shows them, as JSON. They
 * never get an update of the document itself, so nothing else of it can be read out of one.
 */
export class PatientViews {
  readonly #doc: () => Y.Doc;
  readonly #members: ReadonlySet<ShownMember>;
  readonly #cadence: Cadence;
  /** What was last told, as JSON by id. */
  #told = new Map<string, string>();

  constructor(options: { doc: () => Y.Doc; members: ReadonlySet<ShownMember> }) {
    this.#doc = options.doc;
    this.#members = options.members;
    this.#cadence = new Cadence(everyMs, () => this.#tell());
  }

  /** The document changed. */
  changed(): void {
    if (this.#watching().length > 0) this.#cadence.request();
  }

  /** All that is shown now, for one who has just come, or has missed something. */
  whole(): Uint8Array {
    // Those who are there already get what they lack of it.
    this.changed();
    return this.#news({ whole: true, put: patientRecords(this.#doc()), gone: [] });
  }

  #tell(): void {
    const watching = this.#watching();
    const records = patientRecords(this.#doc());
    const next = new Map(records.map((record) => [record.id, JSON.stringify(record)]));
    const put = records.filter(({ id }) => next.get(id) !== this.#told.get(id));
    const gone = [...this.#told.keys()].filter((id) => !next.has(id));
    this.#told = next;
    if (put.length === 0 && gone.length === 0) return;
    const frame = this.#news({ whole: false, put, gone });
    for (const member of watching) member.sendShown(frame);
  }

  #news(news: Omit<PatientNews, 'schema'>): Uint8Array {
    return encodeShown({ ...news, schema: this.#doc().getMap(metaRoot).get(schemaKey) ?? null });
  }

  #watching(): ShownMember[] {
    return [...this.#members].filter(({ access }) => isPatient(access));
  }

  stop(): void {
    this.#cadence.stop();
  }
}
