import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Later } from './later.ts';
import type { Address } from './udp.ts';
import type { Way } from './way.ts';

export interface TcpRelay {
  port: number;
  close(): Promise<void>;
}

/** Above this much on its way, a side is read no further: else a slow line would fill the memory, not the sender's window. */
const mostOnTheWayBytes = 256 * 1024;

/**
 * Connections to a free port of 127.0.0.1 go on to `to`. Bytes are delayed and slowed, never lost; opening one takes
 * the round trip that a handshake takes.
 */
export async function relayTcp(options: {
  to: Address;
  ways: () => { up: Way; down: Way };
}): Promise<TcpRelay> {
  const { to, ways } = options;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (front) => {
    const { up, down } = ways();
    const back = connect({ ...to, allowHalfOpen: true });
    const handshakeMs = up.conditions.delayMs + down.conditions.delayMs;
    carry({ from: front, to: back, way: up, notBeforeMs: performance.now() + handshakeMs });
    carry({ from: back, to: front, way: down, notBeforeMs: 0 });
    for (const socket of [front, back]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => open.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const ended = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await ended;
    }
  };
}

function carry(options: { from: Socket; to: Socket; way: Way; notBeforeMs: number }): void {
  const { from, to, way, notBeforeMs } = options;
  const later = new Later();
  let onTheWay = 0;
  from.on('data', (bytes) => {
    onTheWay += bytes.length;
    if (onTheWay > mostOnTheWayBytes) from.pause();
    later.at(way.arrivalInOrder(bytes.length, Math.max(performance.now(), notBeforeMs)), () => {
      onTheWay -= bytes.length;
      if (onTheWay <= mostOnTheWayBytes) from.resume();
      if (!to.destroyed) to.write(bytes);
    });
  });
  from.once('end', () => later.at(way.arrivalInOrder(0, performance.now()), () => to.end()));
  // One end reset: the other hears of it at once, which a real line would tell later.
  from.on('error', () => to.destroy());
  to.once('close', () => {
    later.clear();
    // Closed in good order: what it said last is still on its way to the other.
    if (!to.readableEnded) from.destroy();
  });
}
