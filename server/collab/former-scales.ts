import { ScaleHistory } from '#lib/features/board/scale-history.server.ts';

export interface FormerScalesOptions {
  /** Resolves once what is in the document now is in the log. */
  durable: () => Promise<void>;
  /** The whole log, in order. */
  read: () => Promise<readonly Uint8Array[]>;
}

/** The scales that images of one document had, also before something was deleted: read from the log when first asked for. */
export class FormerScales {
  readonly #options: FormerScalesOptions;
  #history: ScaleHistory | null = null;
  #reading: Promise<void> | null = null;
  #meanwhile: Uint8Array[] = [];

  constructor(options: FormerScalesOptions) {
    this.#options = options;
  }

  /** A promise: ask again once it has resolved. */
  of(imageId: string): readonly unknown[] | Promise<void> {
    if (this.#history) return this.#history.of(imageId);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      this.#meanwhile = [];
    });
    return this.#reading;
  }

  /** The document has changed by this. */
  saw(update: Uint8Array): void {
    if (this.#history) this.#history.add(update);
    else if (this.#reading) this.#meanwhile.push(update);
  }

  async #read(): Promise<void> {
    const { durable, read } = this.#options;
    await durable();
    const history = new ScaleHistory();
    for (const update of await read()) history.add(update);
    for (const update of this.#meanwhile) history.add(update);
    this.#history = history;
  }
}
