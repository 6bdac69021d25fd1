import type { BrowserContext } from 'playwright';

/** Kinds of message of y-websocket's protocol. */
const syncMessage = 0;

/** What the browsers of one person send to the board's server. */
export interface Wire {
  /** Where the board's socket goes, with the document's id; null before it opened. */
  url: string | null;
  /** Bytes of changes sent. Presence (the cursor) and marks are left out. */
  changes: number;
  messages: number;
}

/** Before any page of `context` opens. */
export function watchWire(context: BrowserContext): Wire {
  const wire: Wire = { url: null, changes: 0, messages: 0 };
  context.on('page', (page) =>
    page.on('websocket', (socket) => {
      if (!new URL(socket.url()).pathname.startsWith('/collab/')) return;
      wire.url = socket.url();
      socket.on('framesent', ({ payload }) => {
        if (typeof payload === 'string' || payload[0] !== syncMessage) return;
        wire.changes += payload.length;
        wire.messages++;
      });
    })
  );
  return wire;
}
