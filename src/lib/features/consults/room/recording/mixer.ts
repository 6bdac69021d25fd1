/** All microphones in one track. Within a touch or click, or the browser holds the sound back. */
export class Mixer {
  readonly #context = new AudioContext();
  readonly #out = this.#context.createMediaStreamDestination();
  readonly #sources = new Map<string, MediaStreamAudioSourceNode>();

  constructor() {
    // Held back without a touch; what is recorded then is silent until there was one.
    this.#context.resume().catch(() => undefined);
  }

  get track(): MediaStreamTrack {
    return this.#out.stream.getAudioTracks()[0]!;
  }

  /** Who is heard now; who is muted sends silence. */
  hear(tracks: readonly MediaStreamTrack[]): void {
    const wanted = new Map(tracks.filter((one) => one.readyState === 'live').map((one) => [one.id, one]));
    for (const [id, source] of this.#sources)
      if (!wanted.has(id)) {
        source.disconnect();
        this.#sources.delete(id);
      }
    for (const [id, one] of wanted)
      if (!this.#sources.has(id)) {
        const source = this.#context.createMediaStreamSource(new MediaStream([one]));
        source.connect(this.#out);
        this.#sources.set(id, source);
      }
  }

  async close(): Promise<void> {
    this.hear([]);
    await this.#context.close();
  }
}
