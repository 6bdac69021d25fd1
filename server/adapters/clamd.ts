import { connect, type Socket } from 'node:net';
import { fail } from '#lib/kernel/errors.ts';
import type { FileScanner, Logger } from '#lib/kernel/ports.ts';
import type { ClamdConfig } from '../config.ts';

const connectWithinMs = 3_000;
/** Without a byte in either direction; scanning a large file takes a while. */
const idleMs = 120_000;
const maxChunkBytes = 64 * 1024;
const maxReplyBytes = 4096;

/** No scanner: says so, and calls nothing clean. */
export const noScanner: FileScanner = {
  configured: false,
  scan: async () => ({ outcome: 'not-scanned', reason: 'not-configured' })
};

/**
 * ClamAV through clamd's own protocol: `zINSTREAM`, the file in chunks with their length (uint32, big endian), a
 * chunk of length 0, one answer ended by a zero byte. clamd's StreamMaxLength must not be below MAX_UPLOAD_MB.
 */
export function createClamdScanner(settings: ClamdConfig & { log: Logger }): FileScanner {
  const { log, whenGone } = settings;
  return {
    configured: true,
    async scan(source) {
      let reply: string;
      try {
        reply = await instream(settings, source);
      } catch (error) {
        return gone(error instanceof Error ? error.name : 'unknown');
      }
      if (reply === 'stream: OK') return { outcome: 'clean' };
      const found = /^stream: (.+) FOUND$/.exec(reply)?.[1];
      if (found !== undefined)
        return { outcome: 'infected', signature: found.replace(/[^\w.:/-]/g, '_').slice(0, 64) };
      return gone(reply.replace(/[^\w .:-]/g, '_').slice(0, 80));
    }
  };

  function gone(reason: string): { outcome: 'not-scanned'; reason: 'gone' } {
    log.error({ reason, whenGone }, 'a file was not scanned for viruses');
    if (whenGone === 'refuse') throw fail('scanner_unavailable');
    return { outcome: 'not-scanned', reason: 'gone' };
  }
}

/** clamd's version, e.g. `ClamAV 1.4.1/27450`. @throws where it does not answer */
export async function clamdVersion(settings: ClamdConfig): Promise<string> {
  const socket = await open(settings);
  try {
    const reply = replyOf(socket);
    socket.write('zVERSION\0');
    return (await reply).replace(/[^\w ./:-]/g, '_').slice(0, 80);
  } finally {
    socket.destroy();
  }
}

async function instream(settings: ClamdConfig, source: AsyncIterable<Uint8Array>): Promise<string> {
  const socket = await open(settings);
  try {
    const reply = replyOf(socket);
    // It may answer before it has all, and hang up: beyond its size limit, or at a first find.
    let answered = false;
    const done = reply.then(
      () => (answered = true),
      () => (answered = true)
    );
    socket.write('zINSTREAM\0');
    for await (const part of source) {
      for (let at = 0; at < part.length && !answered; at += maxChunkBytes) {
        const chunk = part.subarray(at, at + maxChunkBytes);
        socket.write(lengthOf(chunk.length));
        if (!socket.write(chunk)) await Promise.race([drained(socket), done]);
      }
      if (answered) break;
    }
    if (!answered) socket.write(lengthOf(0));
    return await reply;
  } finally {
    socket.destroy();
  }
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes);
  return length;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((done) => {
    const go = () => {
      socket.off('drain', go).off('close', go);
      done();
    };
    socket.once('drain', go).once('close', go);
  });
}

function open({ address }: ClamdConfig): Promise<Socket> {
  return new Promise((done, failed) => {
    const socket = connect(address);
    const timer = setTimeout(() => socket.destroy(new Error('no connection')), connectWithinMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      socket.setTimeout(idleMs, () => socket.destroy(new Error('no answer')));
      done(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      failed(error);
    });
  });
}

function replyOf(socket: Socket): Promise<string> {
  return new Promise((done, failed) => {
    let held = Buffer.alloc(0);
    const end = () => {
      const zero = held.indexOf(0);
      if (zero >= 0) done(held.toString('utf8', 0, zero).trim());
      else failed(new Error('no answer'));
    };
    socket.on('data', (part) => {
      held = Buffer.concat([held, part]);
      if (held.includes(0) || held.length > maxReplyBytes) end();
    });
    socket.once('error', failed);
    socket.once('close', end);
  });
}
