import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { relayTcp } from '../support/line/tcp.ts';
import { relayUdp } from '../support/line/udp.ts';
import { clearWay, Way, type WayConditions } from '../support/line/way.ts';
import { freePort } from '../support/ports.ts';
import { random } from '../support/random.ts';

/** The simulated line of tests and benches: what is measured through it is worth what it does to a packet. */

const arrivals = (conditions: Partial<WayConditions>, { seed = 1, packets = 2_000, everyMs = 1 } = {}) => {
  const way = new Way(random(seed), { ...clearWay, ...conditions });
  return Array.from({ length: packets }, (_, i) => way.arrival(1_000, i * everyMs));
};
const lost = (all: (number | null)[]) => all.filter((at) => at === null).length / all.length;

describe('one way of the line', () => {
  it('loses the part it is told to, the same packets for the same seed', () => {
    const first = arrivals({ loss: 0.2 });
    expect(lost(first)).toBeGreaterThan(0.17);
    expect(lost(first)).toBeLessThan(0.23);
    expect(arrivals({ loss: 0.2 })).toEqual(first);
    expect(arrivals({ loss: 0.2 }, { seed: 2 })).not.toEqual(first);
    expect(lost(arrivals({}))).toBe(0);
  });

  it('delays by the delay and at most the jitter more, and lets nothing overtake', () => {
    const all = arrivals({ delayMs: 50, jitterMs: 20 }) as number[];
    const took = all.map((at, i) => at - i);
    expect(Math.min(...took)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...took)).toBeLessThanOrEqual(70);
    expect(all).toEqual([...all].sort((a, b) => a - b));
  });

  it('carries its rate, queues for as long as it may and drops the rest', () => {
    // 8,000 kbit/s offered to 1,000.
    const all = arrivals({ kbps: 1_000, queueMs: 100 });
    const arrived = all.filter((at) => at !== null);
    expect((arrived.length * 8) / 2).toBeGreaterThan(950);
    expect((arrived.length * 8) / 2).toBeLessThan(1_100);
    const waited = all.flatMap((at, i) => (at === null ? [] : [at - i]));
    expect(Math.max(...waited)).toBeLessThanOrEqual(100 + 8 + 1);
  });
});

const bound = async (port = 0): Promise<Socket> => {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
};
const ways = (conditions: Partial<WayConditions>) => () => ({
  up: new Way(random(1), { ...clearWay, ...conditions }),
  down: new Way(random(2), { ...clearWay, ...conditions })
});

describe('the relays', () => {
  it('carry packets there and back for each client by itself, and none while UDP is closed', async () => {
    const server = await bound();
    server.on('message', (packet, from) => server.send(packet, from.port, from.address));
    const port = await freePort();
    let isOpen = true;
    const relay = await relayUdp({
      at: { host: '127.0.0.1', port },
      to: { host: '127.0.0.1', port: server.address().port },
      ways: ways({ delayMs: 30 }),
      isOpen: () => isOpen
    });
    const clients = await Promise.all([bound(), bound()]);
    try {
      const sentAt = performance.now();
      const back = clients.map((client, i) => {
        client.send(`packet ${i}`, port, '127.0.0.1');
        return once(client, 'message') as Promise<[Buffer]>;
      });
      expect((await Promise.all(back)).map(([packet]) => packet.toString())).toEqual([
        'packet 0',
        'packet 1'
      ]);
      expect(performance.now() - sentAt).toBeGreaterThanOrEqual(59);
      expect(relay.carried).toMatchObject({ upPackets: 2, downPackets: 2, upBytes: 16 });
      isOpen = false;
      clients[0]!.send('lost', port, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(relay.carried.upPackets).toBe(2);
    } finally {
      for (const one of [server, ...clients]) one.close();
      await relay.close();
    }
  });

  it('carry a stream whole, with the round trip of a handshake before its first byte', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(
      0,
      '127.0.0.1'
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const relay = await relayTcp({ to: { host: '127.0.0.1', port }, ways: ways({ delayMs: 25, loss: 0.5 }) });
    try {
      const began = performance.now();
      const client = connect(relay.port, '127.0.0.1');
      const sent = Buffer.alloc(600_000, 'line');
      client.end(sent);
      const got: Buffer[] = [];
      let firstAfterMs = 0;
      client.on('data', (chunk) => {
        firstAfterMs ||= performance.now() - began;
        got.push(chunk);
      });
      await once(client, 'end');
      expect(Buffer.concat(got).equals(sent)).toBe(true);
      expect(firstAfterMs).toBeGreaterThanOrEqual(99);
    } finally {
      server.close();
      await relay.close();
    }
  });
});
