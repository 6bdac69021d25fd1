export const replayMs = 2_000;

/**
 * [CALL-10] Two seconds of one's own sound, kept in this page's memory, played once and forgotten. Nothing of it is
 * sent or stored.
 */
export class Replay {
  state = $state<'idle' | 'recording' | 'playing' | 'played' | 'failed'>('idle');
  readonly possible = typeof MediaRecorder === 'function';
  #stop: (() => void) | null = null;

  async run(microphone: MediaStreamTrack, speakerId: string | null): Promise<void> {
    if (this.state === 'recording' || this.state === 'playing') return;
    try {
      this.state = 'recording';
      const sound = await this.#record(microphone);
      if (!sound) return;
      this.state = 'playing';
      await this.#play(sound, speakerId);
      this.state = 'played';
    } catch {
      // Told in the page: a microphone or speaker that is gone looks the same here.
      this.state = 'failed';
    }
  }

  /** The page goes away, or something else is wanted. */
  stop(): void {
    this.#stop?.();
    this.state = 'idle';
  }

  /** Null: stopped before it was over. */
  #record(microphone: MediaStreamTrack): Promise<Blob | null> {
    const parts: Blob[] = [];
    const recorder = new MediaRecorder(new MediaStream([microphone]));
    return new Promise((resolve, reject) => {
      let whole = false;
      const timer = setTimeout(() => {
        whole = true;
        recorder.stop();
      }, replayMs);
      this.#stop = () => {
        clearTimeout(timer);
        if (recorder.state !== 'inactive') recorder.stop();
      };
      recorder.ondataavailable = ({ data }) => parts.push(data);
      recorder.onstop = () => resolve(whole ? new Blob(parts, { type: recorder.mimeType }) : null);
      recorder.onerror = () => reject(new Error('not recorded'));
      recorder.start();
    });
  }

  async #play(sound: Blob, speakerId: string | null): Promise<void> {
    const url = URL.createObjectURL(sound);
    const element = new Audio(url);
    try {
      if (speakerId && 'setSinkId' in element) await element.setSinkId(speakerId);
      await new Promise<void>((resolve, reject) => {
        this.#stop = () => {
          element.pause();
          resolve();
        };
        element.onended = () => resolve();
        element.onerror = () => reject(new Error('not played'));
        element.play().catch(reject);
      });
    } finally {
      URL.revokeObjectURL(url);
      this.#stop = null;
    }
  }
}
