import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The test virus of EICAR, put together here so that no scanner takes this file for one. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE', '!$H+H*'].join(
  ''
);

export interface TestClamd {
  port: number;
  /** Bytes of each stream that came to its end. */
  streams: number[];
  stop(): Promise<void>;
}

/**
 * A peer that speaks clamd's protocol (zPING, zVERSION, zINSTREAM) and knows one virus.
 * @param options.maxStream like StreamMaxLength, bytes; `mute`: takes everything and answers nothing
 */
export async function startClamd(
  options: { maxStream?: number; mute?: boolean; path?: string } = {}
): Promise<TestClamd> {
  const { maxStream = 25_000_000, mute = false, path } = options;
  const streams: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let held = Buffer.alloc(0);
    let content: Buffer[] | null = null;
    const say = (reply: string) => mute || socket.end(`${reply}\0`);
    socket.on('data', (part) => {
      held = Buffer.concat([held, part]);
      if (!content) {
        const end = held.indexOf(0);
        if (end < 0) return;
        const command = held.toString('latin1', 0, end);
        held = held.subarray(end + 1);
        if (command === 'zPING') return void say('PONG');
        if (command === 'zVERSION') return void say('ClamAV 1.4.1/27450/test');
        if (command !== 'zINSTREAM') return void say('UNKNOWN COMMAND');
        content = [];
      }
      while (held.length >= 4) {
        const length = held.readUInt32BE();
        if (length === 0) {
          const whole = Buffer.concat(content);
          streams.push(whole.length);
          return void say(whole.includes(eicar) ? 'stream: Eicar-Test-Signature FOUND' : 'stream: OK');
        }
        if (held.length < 4 + length) return;
        content.push(held.subarray(4, 4 + length));
        held = held.subarray(4 + length);
        if (content.reduce((sum, each) => sum + each.length, 0) > maxStream)
          return void say('INSTREAM size limit exceeded. ERROR');
      }
    });
  });
  await new Promise<void>((done) => (path ? server.listen(path, done) : server.listen(0, '127.0.0.1', done)));
  const address = server.address();
  return {
    port: typeof address === 'object' ? ((address as AddressInfo | null)?.port ?? 0) : 0,
    streams,
    stop: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      })
  };
}
