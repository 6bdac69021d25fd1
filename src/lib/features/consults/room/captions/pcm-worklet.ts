/** Hands the samples of one microphone on, in pieces of about a twentieth of a second. */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const pieceLength = 2_048;

class Samples extends AudioWorkletProcessor {
  #piece = new Float32Array(pieceLength);
  #length = 0;

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    for (const sample of input?.[0] ?? []) {
      this.#piece[this.#length++] = sample;
      if (this.#length < pieceLength) continue;
      this.port.postMessage(this.#piece);
      this.#length = 0;
    }
    return true;
  }
}
registerProcessor('samples', Samples);
