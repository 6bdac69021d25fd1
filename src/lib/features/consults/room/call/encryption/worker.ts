/** Encrypts and decrypts frames, from our own origin. */
import 'livekit-client/e2ee-worker';
import type { EarlyStreams } from './early.ts';

interface Told {
  kind: string;
  data: { trackId?: string } | EarlyStreams;
}

/** [CALL-73] Taken already, waiting for whose they are. */
const early = new Map<string, EarlyStreams>();
const handle = self.onmessage;

self.onmessage = (event: MessageEvent<Told>) => {
  const { kind, data } = event.data;
  // [CALL-76] Whether it is still there.
  if (kind === 'ask') return self.postMessage({ kind: 'here' });
  const { trackId = '' } = data;
  if (kind === 'early') {
    early.set(trackId, data as EarlyStreams);
    return;
  }
  const streams = kind === 'decode' ? early.get(trackId) : undefined;
  early.delete(trackId);
  if (!streams) return handle?.call(self, event);
  const { readable, writable } = streams;
  const told = { kind, data: { ...data, readableStream: readable, writableStream: writable } };
  handle?.call(self, new MessageEvent('message', { data: told }));
};
