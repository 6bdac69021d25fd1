// The package ships no types of its own.
declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    constructor(buffer?: ArrayBuffer | null, bytesPerComponent?: number);
    /** Samples, 8 or 16 bits each, components interleaved. Throws where the stream is broken. */
    decompress(buffer: ArrayBuffer, offset?: number, length?: number): ArrayBuffer;
  }
}
