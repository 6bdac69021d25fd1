import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { keepPresent, keepsPresencesMessage } from '#lib/features/board/present.ts';

const [sync, presence, auth] = [0, 1, 2];
const [step1, step2, update] = [0, 1, 2];

/** How to reach a document on one of the servers. */
export interface Door {
  url: string;
  headers: Record<string, string>;
  /** Hocuspocus puts a document's name before each message and wants a token first. */
  name: string | null;
  /** Speaks what our own client speaks beyond y-websocket's protocol. */
  speaksOurs: boolean;
}

/**
 * The same client for all servers: y-websocket's protocol, a real Y.Doc and a real Awareness. Unlike the stock one it
 * does not send back what it hears of others, which spares the servers that pass on everything.
 */
export class LoadClient {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly #socket: WebSocket;
  readonly #name: string | null;
  /** Messages and bytes from the server, bytes to it. */
  messages = 0;
  bytesIn = 0;
  bytesOut = 0;
  synced: Promise<void>;

  constructor(door: Door) {
    this.#name = door.name;
    this.#socket = new WebSocket(door.url, { headers: door.headers });
    this.#socket.binaryType = 'arraybuffer';
    this.synced = new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.on('message', (data: ArrayBuffer) => this.#receive(new Uint8Array(data), resolve));
    });
    this.#socket.once('open', () => {
      if (this.#name !== null)
        this.#send(auth, (encoder) => {
          encoding.writeVarUint(encoder, 0);
          encoding.writeVarString(encoder, '');
          encoding.writeVarString(encoder, '4.7.0');
        });
      if (door.speaksOurs) this.#send(keepsPresencesMessage, () => {});
      this.#sendSync(step1, Y.encodeStateVector(this.doc));
    });
    if (door.speaksOurs) keepPresent(this.awareness);
    this.doc.on('update', (bytes: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#sendSync(update, bytes);
    });
    this.awareness.setLocalState(null);
    this.awareness.on('update', (_: unknown, origin: unknown) => {
      if (origin === this) return;
      const bytes = encodeAwarenessUpdate(this.awareness, [this.doc.clientID]);
      this.#send(presence, (encoder) => encoding.writeVarUint8Array(encoder, bytes));
    });
  }

  get records(): Y.Map<unknown> {
    return this.doc.getMap('records');
  }

  close(): void {
    this.#socket.removeAllListeners('message');
    this.#socket.close();
    this.awareness.destroy();
    this.doc.destroy();
  }

  #sendSync(kind: number, bytes: Uint8Array): void {
    this.#send(sync, (encoder) => {
      encoding.writeVarUint(encoder, kind);
      encoding.writeVarUint8Array(encoder, bytes);
    });
  }

  #send(type: number, write: (encoder: encoding.Encoder) => void): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const frame = encoding.encode((encoder) => {
      if (this.#name !== null) encoding.writeVarString(encoder, this.#name);
      encoding.writeVarUint(encoder, type);
      write(encoder);
    });
    this.bytesOut += frame.byteLength;
    this.#socket.send(frame);
  }

  #receive(frame: Uint8Array, onSynced: () => void): void {
    this.messages++;
    this.bytesIn += frame.byteLength;
    const decoder = decoding.createDecoder(frame);
    if (this.#name !== null) decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    // 4: Hocuspocus' answer to a step 1.
    if (type === sync || (type === 4 && this.#name !== null)) {
      const kind = decoding.readVarUint(decoder);
      const bytes = decoding.readVarUint8Array(decoder);
      if (kind === step1) return this.#sendSync(step2, Y.encodeStateAsUpdate(this.doc, bytes));
      Y.applyUpdate(this.doc, bytes, this);
      if (kind === step2) onSynced();
    } else if (type === presence)
      applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
  }
}
