import { errorCodes, type ErrorCode } from '#lib/kernel/errors.ts';
import { placeHeader } from '#lib/kernel/place.ts';
import { place } from '#lib/ui/shell/place.svelte.ts';
import { sniff, sniffBytes } from './sniff.ts';
import type { ImageView } from './view.ts';

export type UploadState =
  | { step: 'waiting' }
  | { step: 'sending'; part: number }
  /** All bytes are there; the server reads them. */
  | { step: 'reading' }
  /** The file names somebody else: a person must say. */
  | { step: 'asking' }
  | { step: 'failed'; code: ErrorCode | 'unreachable' }
  | { step: 'already' };

export interface Upload {
  readonly id: number;
  readonly file: File;
  state: UploadState;
}

interface Answer {
  image: ImageView;
  already: boolean;
}

/** Two at a time: more only makes each of them slower on a clinic's uplink. */
const atOnce = 2;
const defaultMaxBytes = 512 * 1024 * 1024;

/**
 * Files on their way to one patient's record. Each succeeds or fails for itself; what failed stays in the
 * list with its reason until it is retried or dismissed.
 */
export class Uploads {
  items = $state<Upload[]>([]);
  readonly #patientId: string;
  readonly #maxBytes: number;
  readonly #ondone: (image: ImageView, already: boolean) => void;
  readonly #running = new Map<number, XMLHttpRequest | null>();
  #next = 1;

  constructor(options: {
    patientId: string;
    maxBytes?: number | undefined;
    ondone: (image: ImageView, already: boolean) => void;
  }) {
    this.#patientId = options.patientId;
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes;
    this.#ondone = options.ondone;
  }

  get busy(): boolean {
    return this.items.some(({ state }) => ['waiting', 'sending', 'reading'].includes(state.step));
  }

  add(files: Iterable<File>): void {
    for (const file of files) this.items.push({ id: this.#next++, file, state: { step: 'waiting' } });
    this.#pump();
  }

  /** Stop and forget, whatever its state. */
  remove(id: number): void {
    this.#running.get(id)?.abort();
    this.#running.delete(id);
    this.items = this.items.filter((item) => item.id !== id);
    this.#pump();
  }

  retry(id: number): void {
    this.#set(id, { step: 'waiting' });
    this.#pump();
  }

  /** The person says that it is this patient, whatever the file says. */
  confirm(id: number): void {
    const item = this.items.find((each) => each.id === id);
    if (item) void this.#send(item, true);
  }

  cancelAll(): void {
    for (const xhr of this.#running.values()) xhr?.abort();
    this.#running.clear();
    this.items = [];
  }

  #pump(): void {
    for (const item of this.items) {
      if (this.#running.size >= atOnce) return;
      if (item.state.step === 'waiting' && !this.#running.has(item.id)) void this.#send(item, false);
    }
  }

  async #send(item: Upload, confirmed: boolean): Promise<void> {
    const { id, file } = item;
    this.#running.set(id, null);
    this.#set(id, { step: 'sending', part: 0 });
    const refused = await this.#refusal(file);
    // Taken away while its first bytes were read.
    if (!this.#running.has(id)) return;
    if (refused) return this.#end(id, { step: 'failed', code: refused });
    const xhr = new XMLHttpRequest();
    this.#running.set(id, xhr);
    xhr.open('POST', `/api/images?patient=${encodeURIComponent(this.#patientId)}`);
    xhr.setRequestHeader('content-type', 'application/octet-stream');
    xhr.setRequestHeader('x-file-name', encodeURIComponent(file.name));
    if (place.drawnFor) xhr.setRequestHeader(placeHeader, place.drawnFor);
    if (confirmed) xhr.setRequestHeader('x-confirm-other-patient', 'yes');
    xhr.responseType = 'json';
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) this.#set(id, { step: 'sending', part: event.loaded / event.total });
    };
    xhr.upload.onload = () => this.#set(id, { step: 'reading' });
    xhr.onerror = () => this.#end(id, { step: 'failed', code: 'unreachable' });
    xhr.onload = () => this.#answered(id, xhr);
    xhr.send(file);
  }

  /** What can be seen without sending: an empty, oversized or foreign file. */
  async #refusal(file: File): Promise<ErrorCode | null> {
    if (file.size === 0) return 'file_empty';
    if (file.size > this.#maxBytes) return 'file_too_large';
    try {
      const head = new Uint8Array(await file.slice(0, sniffBytes).arrayBuffer());
      return sniff(head) ? null : 'file_not_an_image';
    } catch {
      return 'upload_broken'; // a folder, or a file that is no longer there
    }
  }

  #answered(id: number, xhr: XMLHttpRequest): void {
    const body: unknown = xhr.response;
    if (xhr.status === 200 && isAnswer(body)) {
      if (body.already) this.#end(id, { step: 'already' });
      else {
        this.#running.delete(id);
        this.items = this.items.filter((item) => item.id !== id);
        this.#pump();
      }
      return this.#ondone(body.image, body.already);
    }
    const code = codeIn(body) ?? (xhr.status === 413 ? 'file_too_large' : 'internal');
    this.#end(id, code === 'dicom_other_patient' ? { step: 'asking' } : { step: 'failed', code });
  }

  #end(id: number, state: UploadState): void {
    this.#running.delete(id);
    this.#set(id, state);
    this.#pump();
  }

  #set(id: number, state: UploadState): void {
    const item = this.items.find((each) => each.id === id);
    if (item) item.state = state;
  }
}

function isAnswer(body: unknown): body is Answer {
  return typeof body === 'object' && body !== null && 'image' in body && 'already' in body;
}

function codeIn(body: unknown): ErrorCode | null {
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : null;
  return errorCodes.find((each) => each === code) ?? null;
}
