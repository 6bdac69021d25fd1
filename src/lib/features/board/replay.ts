import * as Y from 'yjs';
import { type RawRecord, createRecord, metaRoot, readBoard, recordsOf, schemaKey } from './format.ts';
import { momentsOf } from './moments.ts';

/** One step of a board's making. */
export interface ReplayStep {
  number: number;
  /** User or invite id, or `system`. */
  author: string;
  /** When the server received it; does not strictly grow. */
  at: Date;
  /** A Yjs update, encoding version 1. */
  bytes: Uint8Array;
}

/** Something that happened while a board was made. */
export interface ReplayMark {
  at: Date;
  kind: 'person' | 'step' | 'decision' | 'signed';
  label: string;
}

/** A place on the replay's slider. */
export interface ReplayPlace {
  /** After so many steps. */
  count: number;
  label: string;
  kind: ReplayMark['kind'] | 'end' | 'moment';
}

/** [BD-14] Places to jump to, in order: the beginning, named moments and marks, now. */
export function placesOf(
  steps: readonly Pick<ReplayStep, 'at'>[],
  {
    moments,
    marks,
    ends
  }: {
    moments: readonly { count: number; label: string }[];
    marks: readonly ReplayMark[];
    ends: { first: string; last: string };
  }
): ReplayPlace[] {
  const first = Math.min(1, steps.length);
  const between: ReplayPlace[] = [
    ...moments.map((moment) => ({ ...moment, kind: 'moment' as const })),
    // Several servers' clocks differ: what was received by then, wherever it stands.
    ...marks.map(({ at, label, kind }) => ({
      count: Math.max(first, steps.filter((each) => each.at <= at).length),
      label,
      kind
    }))
  ];
  return [
    { count: first, label: ends.first, kind: 'end' },
    ...between.sort((a, b) => a.count - b.count),
    { count: steps.length, label: ends.last, kind: 'end' }
  ];
}

const checkpointEvery = 200;

/** A board as it was after any of its steps. Going forward costs the steps between; going back, at most 200 more. */
export class Replay {
  readonly steps: readonly ReplayStep[];
  /** How many steps had been made when a moment was named, by its key. */
  readonly moments = new Map<string, number>();
  readonly #checkpoints = new Map<number, Uint8Array>();
  #doc = new Y.Doc();
  #at = 0;

  constructor(steps: readonly ReplayStep[]) {
    this.steps = steps;
    for (let count = 1; count <= steps.length; count++) {
      this.#goTo(count);
      for (const { key } of momentsOf(this.#doc)) if (!this.moments.has(key)) this.moments.set(key, count);
    }
  }

  /** All records after `count` steps. */
  recordsAt(count: number): RawRecord[] {
    this.#goTo(count);
    return readBoard(this.#doc);
  }

  /** Make `shown` hold what the board held after `count` steps. */
  show(shown: Y.Doc, count: number): void {
    const wanted = new Map(this.recordsAt(count).map((record) => [record.id, record]));
    const schema = this.#doc.getMap(metaRoot).get(schemaKey);
    const records = recordsOf(shown);
    const there = new Map(readBoard(shown).map((record) => [record.id, JSON.stringify(record)]));
    shown.transact(() => {
      if (schema !== undefined) shown.getMap(metaRoot).set(schemaKey, schema);
      for (const id of there.keys()) if (!wanted.has(id)) records.delete(id);
      for (const [id, record] of wanted)
        if (JSON.stringify(record) !== there.get(id)) createRecord(records, record);
    });
  }

  destroy(): void {
    this.#doc.destroy();
  }

  #goTo(count: number): void {
    const target = Math.max(0, Math.min(count, this.steps.length));
    if (target < this.#at) {
      this.#doc.destroy();
      this.#doc = new Y.Doc();
      this.#at = target - (target % checkpointEvery);
      const state = this.#checkpoints.get(this.#at);
      if (state) Y.applyUpdate(this.#doc, state);
      else this.#at = 0;
    }
    while (this.#at < target) {
      Y.applyUpdate(this.#doc, this.steps[this.#at]!.bytes);
      this.#at++;
      if (this.#at % checkpointEvery === 0 && !this.#checkpoints.has(this.#at))
        this.#checkpoints.set(this.#at, Y.encodeStateAsUpdate(this.#doc));
    }
  }
}
