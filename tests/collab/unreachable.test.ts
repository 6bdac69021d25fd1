import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, it } from 'vitest';
import { WebSocket } from 'ws';
import { openLine } from '#lib/features/board/line.ts';
import { until } from '../support/until.ts';

let server: Server | undefined;
afterEach(() => server?.close());

it('[BD-21] a line that is refused before it came about says so at each try', async () => {
  server = createServer();
  // As from a page of another address than the server's own.
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  let failures = 0;
  const nothing = () => {};
  const line = openLine(
    {
      url: `ws://127.0.0.1:${port}`,
      documentId: 'one',
      isPatient: false,
      self: {},
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket
    },
    {
      onFailed: () => void failures++,
      ...{ onStatus: nothing, onLoaded: nothing, onClosed: nothing, onSaved: nothing },
      ...{ onNotice: nothing, onMeta: nothing, onPeople: nothing, onShown: nothing }
    }
  );
  try {
    await until(() => failures >= 3, { withinMs: 20_000, everyMs: 50 });
  } finally {
    line.close();
  }
});
