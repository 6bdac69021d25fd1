import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silent } from '../../tests/support/silent.ts';
import { supervise } from './supervise.ts';

it('[SFU-13] one that ends each time it is started is told of after the third, and tried on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-sfu-'));
  const server = supervise({
    // Ends over the argument it is given, saying so.
    binary: { path: process.execPath, version: '1.13.4' },
    folder,
    config: {
      origin: null,
      outside: null,
      ports: { signal: 0, udp: 0, tcp: 0 },
      nodeIp: null,
      turn: null,
      release: null
    },
    keys: { apiKey: 'key', apiSecret: 's'.repeat(32) },
    appPort: () => 9,
    log: silent
  });
  try {
    await server.settled;
    expect(server.ports()).toBeNull();
    expect(server.health()).toMatchObject({ state: 'restarting', detail: expect.stringMatching(/code 9/) });
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
