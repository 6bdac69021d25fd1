import { getContext, setContext } from 'svelte';
import { place, withPlace } from './place.svelte.ts';

const key = Symbol('live');
/** Shorter gaps (a restart, a sleeping laptop's wake) are not worth a word. */
const quietMs = 4_000;
/** A tab nobody sees gives its line back: without HTTP/2 a browser has six to a server, for all tabs together. */
const hiddenMs = 30_000;
const retryMs = [1_000, 2_000, 5_000, 10_000];

type Listener = (data: unknown) => void;

/**
 * One stream of server-sent events a page, shared by whoever listens; the news of one consult come over it too, while
 * somebody follows that. Reopens by itself, also where the browser gives up (an HTTP error while the server restarts).
 * After a reconnection `reopened` listeners should fetch what they missed.
 */
export class Live {
  /** False once the line has been gone long enough to be worth saying. */
  connected = $state(true);
  #source: EventSource | null = null;
  #listeners = new Map<string, Set<Listener>>();
  #opened = new Set<() => void>();
  #reopened = new Set<() => void>();
  #tries = 0;
  #wasOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #url: string;
  #consult: string | null = null;
  #readAt: Date | null = null;
  /** Kept until its follower is open, so that nothing is lost between two. */
  #replaced: EventSource | null = null;
  readonly #always: boolean;

  /** @param always stay connected in a tab nobody sees, as in a call */
  constructor(url: string, { always = false } = {}) {
    this.#url = url;
    this.#always = always;
  }

  open(): () => void {
    this.#connect();
    document.addEventListener('visibilitychange', this.#seen);
    return () => {
      document.removeEventListener('visibilitychange', this.#seen);
      this.#disconnect();
    };
  }

  #disconnect(): void {
    for (const timer of [this.#timer, this.#quiet, this.#hidden]) clearTimeout(timer);
    this.#quiet = undefined;
    this.#source?.close();
    this.#replaced?.close();
    this.#source = this.#replaced = null;
  }

  /**
   * Hear of one consult as well, as event `consult`: also, at once, where something was told of it since the page was
   * read (`readAt`, the server's clock). The last call wins; what stops it leaves the line as it is until it is opened
   * anew for another reason.
   */
  follow(consultId: string, readAt: Date): () => void {
    if (this.#consult !== consultId) {
      this.#consult = consultId;
      this.#readAt = readAt;
      if (this.#source) this.#connect();
    }
    return () => {
      if (this.#consult === consultId) this.#consult = null;
    };
  }

  #seen = () => {
    clearTimeout(this.#hidden);
    if (document.hidden && !this.#always) this.#hidden = setTimeout(() => this.#disconnect(), hiddenMs);
    else if (!this.#source) this.#connect();
  };

  /** Listens to a named event; its data is parsed JSON. Returns what stops it. */
  on(name: string, listener: Listener): () => void {
    let set = this.#listeners.get(name);
    if (!set) {
      this.#listeners.set(name, (set = new Set()));
      this.#source?.addEventListener(name, this.#receive);
    }
    set.add(listener);
    return () => set.delete(listener);
  }

  /** Called once the line is open, and each time it is again: news since the page was read are lost, so fetch. */
  onOpened(listener: () => void): () => void {
    this.#opened.add(listener);
    return () => this.#opened.delete(listener);
  }

  /** Called after the line came back: events in between are lost, so fetch. */
  onReopened(listener: () => void): () => void {
    this.#reopened.add(listener);
    return () => this.#reopened.delete(listener);
  }

  #receive = (event: Event) => {
    const { type, data } = event as MessageEvent<string>;
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      // Not ours: an event without JSON carries nothing but its name.
      value = null;
    }
    for (const listener of this.#listeners.get(type) ?? []) listener(value);
  };

  #connect() {
    clearTimeout(this.#timer);
    const before = this.#source;
    if (before && before.readyState !== EventSource.CLOSED) {
      before.onopen = before.onerror = null;
      this.#replaced?.close();
      this.#replaced = before;
    }
    const source = new EventSource(
      withPlace(
        this.#consult ? `${this.#url}?consult=${this.#consult}&since=${Number(this.#readAt)}` : this.#url
      )
    );
    this.#source = source;
    for (const name of this.#listeners.keys()) source.addEventListener(name, this.#receive);
    source.addEventListener('place.moved', () => {
      place.leave();
      this.#disconnect();
    });
    source.onopen = () => {
      clearTimeout(this.#quiet);
      this.#quiet = undefined;
      this.connected = true;
      this.#tries = 0;
      const gapless = this.#replaced?.readyState === EventSource.OPEN;
      this.#replaced?.close();
      this.#replaced = null;
      if (!gapless) for (const listener of this.#opened) listener();
      if (this.#wasOpen && !gapless) for (const listener of this.#reopened) listener();
      this.#wasOpen = true;
    };
    source.onerror = () => {
      this.#quiet ??= setTimeout(() => (this.connected = false), quietMs);
      if (source.readyState !== EventSource.CLOSED) return;
      const waitMs = retryMs[Math.min(this.#tries++, retryMs.length - 1)];
      this.#timer = setTimeout(() => this.#connect(), waitMs);
    };
  }
}

export function provideLive(live: Live): void {
  setContext(key, live);
}

/** The clinic's event stream, or null outside the clinic's pages. Call while a component starts. */
export function useLive(): Live | null {
  return getContext<Live | undefined>(key) ?? null;
}
