import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Later } from './later.ts';
import type { Way } from './way.ts';

export interface Address {
  host: string;
  port: number;
}
export interface UdpRelay {
  port: number;
  /** Bytes and packets that arrived, by direction; what was dropped is not in them. */
  readonly carried: { upBytes: number; downBytes: number; upPackets: number; downPackets: number };
  close(): Promise<void>;
}

interface Client {
  up: Way;
  down: Way;
  /** Ours towards the server: one a client, so that the server tells them apart. */
  socket: Socket;
  upLater: Later;
  downLater: Later;
}

/**
 * Packets sent to `at` (port 0: a free one) go on to `to` and back, each client over a line of its own. `isOpen` is asked
 * for each packet.
 */
export async function relayUdp(options: {
  at: Address;
  to: Address;
  ways: () => { up: Way; down: Way };
  isOpen: () => boolean;
}): Promise<UdpRelay> {
  const { at, to, ways, isOpen } = options;
  const carried = { upBytes: 0, downBytes: 0, upPackets: 0, downPackets: 0 };
  const clients = new Map<string, Client>();
  const front = socket();
  let closed = false;

  const enter = (from: RemoteInfo): Client => {
    const client = { ...ways(), socket: socket(), upLater: new Later(), downLater: new Later() };
    client.socket.on('message', (packet) => {
      if (!isOpen()) return;
      const arrival = client.down.arrival(packet.length, performance.now());
      if (arrival === null) return;
      client.downLater.at(arrival, () => {
        carried.downBytes += packet.length;
        carried.downPackets++;
        if (!closed) front.send(packet, from.port, from.address);
      });
    });
    return client;
  };
  front.on('message', (packet, from) => {
    if (!isOpen()) return;
    const name = `${from.address}:${from.port}`;
    let client = clients.get(name);
    if (!client) clients.set(name, (client = enter(from)));
    const { up, upLater, socket: back } = client;
    const arrival = up.arrival(packet.length, performance.now());
    if (arrival === null) return;
    upLater.at(arrival, () => {
      carried.upBytes += packet.length;
      carried.upPackets++;
      if (!closed) back.send(packet, to.port, to.host);
    });
  });
  front.bind(at.port, at.host);
  await once(front, 'listening');
  front.setRecvBufferSize(2 ** 21);
  front.setSendBufferSize(2 ** 21);
  return {
    port: front.address().port,
    carried,
    async close() {
      closed = true;
      for (const client of clients.values()) {
        client.upLater.clear();
        client.downLater.clear();
        client.socket.close();
      }
      const ended = once(front, 'close');
      front.close();
      await ended;
    }
  };
}

/** That a browser has gone (its port answers "unreachable") is no trouble of the line's. */
function socket(): Socket {
  return createSocket('udp4').on('error', () => undefined);
}
