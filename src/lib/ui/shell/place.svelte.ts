import { placeHeader, placeParameter } from '#lib/kernel/place.ts';

let drawnFor: string | null = null;
let moved = $state(false);
let saying = false;

/** The membership this page was drawn for. Another tab may have moved the session to another one since. */
export const place = {
  /** True: the server does nothing more for this page. */
  get moved(): boolean {
    return moved;
  },
  /** Null outside the pages of staff. */
  get drawnFor(): string | null {
    return drawnFor;
  },
  /** The server said so. */
  leave(): void {
    moved = true;
  }
};

/** From now on each request of this page says whom it was drawn for. @returns what ends that */
export function sayPlace(memberId: string): () => void {
  drawnFor = memberId;
  if (!saying) listen();
  return () => {
    if (drawnFor === memberId) drawnFor = null;
  };
}

/** `url` for what cannot carry a header. */
export function withPlace(url: string): string {
  return drawnFor ? `${url}${url.includes('?') ? '&' : '?'}${placeParameter}=${drawnFor}` : url;
}

/** Kit's own requests (data of pages, forms) pass through here as well. */
function listen(): void {
  saying = true;
  const plain = window.fetch;
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    if (!drawnFor || url.origin !== location.origin) return plain(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    headers.set(placeHeader, drawnFor);
    const response = await plain(input, { ...init, headers });
    if (response.headers.has(placeHeader)) place.leave();
    return response;
  };
}
