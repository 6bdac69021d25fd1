import type { ParticipantView } from './call.ts';

/** Null: the server itself. Role and name as the server gave them. */
export type HeardFrom = Pick<ParticipantView, 'identity' | 'name' | 'role'> | null;
type Listener = (bytes: Uint8Array, from: HeardFrom) => void;

/** Messages of the call, by topic. */
export class Hearing {
  readonly #listeners = new Map<string, Listener>();

  /** @returns stop hearing */
  on(topic: string, listener: Listener): () => void {
    this.#listeners.set(topic, listener);
    return () => void this.#listeners.delete(topic);
  }

  readonly tell = (topic: string, ...said: Parameters<Listener>): void =>
    this.#listeners.get(topic)?.(...said);
}
