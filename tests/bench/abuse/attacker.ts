// One attacker in a process of its own: the socket attacks of tests/collab/attack.test.ts, all at once, while stdin
// says "on". Arguments: origin, document id, cookie of somebody with a right to the document.
// Prints, at the end of its input, how often each attack was made.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';

const [origin = '', documentId = '', cookie = ''] = process.argv.slice(2);
const { hostname, port, host } = new URL(origin);
/** Another address than that of the people it attacks. */
const localAddress = hostname === '127.0.0.1' ? '127.0.0.2' : undefined;
// Real attackers bring their own processors: what it costs to attack is not what is measured.
setPriority(19);
const counts: Record<string, number> = {};
const open = new Set<{ destroy(): void }>();
let on = false;

const count = (name: string) => (counts[name] = (counts[name] ?? 0) + 1);

function tcp(name: string, text: string): Socket {
  count(name);
  const socket = connect({ host: hostname, port: Number(port), ...(localAddress ? { localAddress } : {}) });
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.write(text);
  return socket;
}

function handshake(headers: string): string {
  return (
    `GET /collab/${documentId} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${headers}\r\n`
  );
}
const sameOrigin = `Origin: ${origin}\r\n`;

function member(name: string): WebSocket {
  count(name);
  const socket = new WebSocket(`ws://${host}/collab/${documentId}`, {
    headers: { origin, cookie },
    ...(localAddress ? { localAddress } : {})
  });
  const handle = { destroy: () => socket.terminate() };
  open.add(handle);
  socket.once('close', () => open.delete(handle));
  socket.on('error', () => socket.terminate());
  return socket;
}

/** A presence of a client id that nobody introduced here, in somebody else's name. */
const forged = (clock: number) =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint8Array(
      encoder,
      encoding.encode((inner) => {
        encoding.writeVarUint(inner, 1);
        encoding.writeVarUint(inner, 4_711);
        encoding.writeVarUint(inner, clock);
        encoding.writeVarString(inner, JSON.stringify({ user: { name: 'owner', role: 'owner' }, clock }));
      })
    );
  });

let flooder: WebSocket | null = null;
let clock = 0;
const slow: WebSocket[] = [];
const hundredMiB = Buffer.alloc(14);
hundredMiB[0] = 0x82;
hundredMiB[1] = 0xff;
hundredMiB.writeBigUInt64BE(100n * 1024n * 1024n, 2);

const attacks: { everyMs: number; make: () => void }[] = [
  // 500 sockets without a session a second, each held until the server ends it.
  {
    everyMs: 20,
    make: () => void Array.from({ length: 10 }, () => tcp('no session', handshake(sameOrigin)))
  },
  { everyMs: 50, make: () => tcp('forged origin', handshake('Origin: https://evil.test\r\n')) },
  // 1,000 messages a second on one socket.
  {
    everyMs: 20,
    make: () => {
      if (!flooder || flooder.readyState >= WebSocket.CLOSING) flooder = member('flood');
      if (flooder.readyState === WebSocket.OPEN && flooder.bufferedAmount < 1024 * 1024)
        for (let i = 0; i < 20; i++) flooder.send(forged(++clock));
    }
  },
  {
    everyMs: 1_000,
    make: () => {
      const socket = tcp('100 MB frame', handshake(`${sameOrigin}Cookie: ${cookie}\r\n`));
      socket.once('data', () => {
        socket.write(hundredMiB);
        socket.write(Buffer.alloc(1024 * 1024));
      });
    }
  },
  // Up to 200 handshakes without an end.
  {
    everyMs: 50,
    make: () => {
      if (open.size < 200) tcp('half a handshake', handshake('').slice(0, -2));
    }
  },
  {
    everyMs: 100,
    make: () => {
      while (slow.length < 5) {
        const socket = member('slow reader');
        socket.once('open', () => {
          socket.send(Uint8Array.of(0, 0, 1, 0));
          socket.pause();
        });
        slow.push(socket);
      }
      const gone = slow.findIndex((socket) => socket.readyState === WebSocket.CLOSED);
      if (gone >= 0) slow.splice(gone, 1);
    }
  }
];

for (const { everyMs, make } of attacks) setInterval(() => on && make(), everyMs).unref();

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  on = line === 'on';
  if (on) return;
  for (const one of open) one.destroy();
  flooder = null;
  slow.length = 0;
});
lines.on('close', () => {
  on = false;
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exit(0);
});
