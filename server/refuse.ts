import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** For the answer to leave and for the other side to hang up. */
const lingerMs = 1_000;

/**
 * Says no where there is no response to say it with (before an upgrade, or to what is no request), and lets go of the
 * connection. Whoever does not hang up is hung up on: Node leaves such a connection half open for as long as the other
 * side likes.
 */
export function refuseConnection(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  const wait = status === 429 || status === 503 ? 'Retry-After: 1\r\n' : '';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${wait}Connection: close\r\nContent-Length: 0\r\n\r\n`
  );
  // Unread input would hold back the end of the stream.
  socket.resume();
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
