import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { CallEncryption, EncryptionView } from '#lib/features/consults/encryption.ts';

/**
 * The app's part in an encrypted call: hands out its key, makes a new one whenever somebody has left ([CN-82]), and
 * tells the pages that there is one.
 */
export class CallKeys {
  /** True: neither keys nor tickets are to be had (503), as while the app restarts. */
  away = false;
  /** Whose questions for the key alone get no answer (503), though they hear that there is a new one. */
  unanswered: string | null = null;
  #epoch = 1;
  #key = randomBytes(32);
  readonly #listening = new Set<ServerResponse>();

  renew(): void {
    this.#epoch++;
    this.#key = randomBytes(32);
    for (const page of this.#listening) this.#tell(page);
  }

  current(): CallEncryption {
    return { ...this.#view(), key: this.#key.toString('base64url') };
  }

  refuses(who: string): boolean {
    return this.away || this.unanswered === who;
  }

  /** Keeps the answer open for what there will be to tell. */
  listen(response: ServerResponse): void {
    response.setHeader('content-type', 'text/event-stream');
    response.write('retry: 1000\n\n');
    this.#listening.add(response);
    response.on('close', () => this.#listening.delete(response));
    this.#tell(response);
  }

  #view(): EncryptionView {
    return { on: true, why: 'visit', name: null, epoch: this.#epoch };
  }

  #tell(page: ServerResponse): void {
    page.write(`data: ${JSON.stringify(this.#view())}\n\n`);
  }
}
