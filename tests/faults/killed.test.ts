import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AccessToken } from 'livekit-server-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isAlive } from '../../server/launch/processes.ts';
import { NotStarted, startApp, type TestApp } from '../support/app.ts';
import { makeDataDir, removeDataDir } from '../support/data-folder.ts';
import { lastingPort } from '../support/ports.ts';
import { processesOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

let dataDir: string;
let app: TestApp | null = null;

beforeEach(async () => {
  dataDir = await makeDataDir();
});
afterEach(async () => {
  await app?.stop();
  app = null;
  await removeDataDir(dataDir);
});

const media = async () => (await processesOf(dataDir)).filter((p) => p.command.includes('livekit-server'));
const databases = async () =>
  (await processesOf(dataDir)).filter((p) => /bin\/postgres .*-D /.test(p.command));
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false
  );

/** The parts the app says it has, or null where it does not say that it is ready. */
async function readiness(origin: string): Promise<Record<string, string> | null> {
  const answer = await fetch(`${origin}/readyz`);
  const { ready, parts } = (await answer.json()) as { ready: boolean; parts: Record<string, string> };
  return answer.status === 200 && ready ? parts : null;
}

/** Joins a room through the app's own address with a token of the app's own keys; resolves on LiveKit's answer. */
async function joins(origin: string): Promise<boolean> {
  const { apiKey, apiSecret } = JSON.parse(await readFile(join(dataDir, 'sfu', 'keys.json'), 'utf8')) as {
    apiKey: string;
    apiSecret: string;
  };
  const token = new AccessToken(apiKey, apiSecret, { identity: 'somebody', ttl: 60 });
  token.addGrant({ room: 'a-room', roomJoin: true });
  const query = new URLSearchParams({ access_token: await token.toJwt(), protocol: '16', sdk: 'js' });
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/sfu/rtc?${query.toString()}`, { origin });
  try {
    return await new Promise<boolean>((done) => {
      socket.once('message', () => done(true));
      socket.once('close', () => done(false));
      socket.once('error', () => done(false));
    });
  } finally {
    socket.terminate();
  }
}

describe('kill -9', { timeout: 300_000 }, () => {
  it('with everything running: the next start finds the same ports, and no orphan stays', async () => {
    const ports = [await lastingPort(), await lastingPort(), await lastingPort(), await lastingPort()];
    const [port, signal, udp, tcp] = ports;
    const options = {
      dataDir,
      args: ['--no-demo', '--port', String(port)],
      env: { SFU_SIGNAL_PORT: String(signal), SFU_UDP_PORT: String(udp), SFU_TCP_PORT: String(tcp) }
    };
    const killed = await startApp(options);
    expect(await readiness(killed.origin)).toEqual({ database: 'ready', media: 'ready' });
    expect(await joins(killed.origin)).toBe(true);
    const before = { media: await media(), databases: await databases() };
    expect([before.media.length, before.databases.length]).toEqual([1, 1]);
    const yaml = await readFile(join(dataDir, 'sfu', 'livekit.yaml'), 'utf8');
    expect(yaml).toContain(`port: ${signal}\n`);

    await killed.kill('SIGKILL');
    // Both are orphans now: this is what the next start finds.
    expect(await isAlive(before.media[0]!.pid)).toBe(true);
    expect(await isAlive(before.databases[0]!.pid)).toBe(true);

    app = await startApp(options);
    expect(app.origin).toBe(killed.origin);
    expect(await readiness(app.origin)).toEqual({ database: 'ready', media: 'ready' });
    expect(await joins(app.origin)).toBe(true);
    expect(await readFile(join(dataDir, 'sfu', 'livekit.yaml'), 'utf8')).toBe(yaml);
    const after = { media: await media(), databases: await databases() };
    expect([after.media.length, after.databases.length]).toEqual([1, 1]);
    expect(after.media[0]!.pid).not.toBe(before.media[0]!.pid);
    expect(after.databases[0]!.pid).not.toBe(before.databases[0]!.pid);

    await app.stop();
    expect(await processesOf(dataDir)).toEqual([]);
  });

  const moments: [string, (folder: string) => Promise<boolean>][] = [
    [
      'while the cluster is made',
      async (folder) =>
        (await readdir(join(folder, 'postgres')).catch(() => [])).some((name) =>
          name.startsWith('cluster.new')
        )
    ],
    ['while the database starts', (folder) => isThere(join(folder, 'postgres', 'cluster', 'postmaster.pid'))],
    [
      'between the database and ready',
      async (folder) =>
        (await readFile(join(folder, 'logs', 'app.log'), 'utf8').catch(() => '')).includes('database ready')
    ],
    ['while the media server starts', (folder) => isThere(join(folder, 'sfu', 'livekit.pid'))]
  ];
  it.each(moments)('%s: the next start is a whole one', async (_moment, killWhen) => {
    const cut = await startApp({ dataDir, args: ['--no-demo'], killWhen }).catch((error: unknown) => error);
    expect(cut).toBeInstanceOf(NotStarted);
    expect((cut as NotStarted).output).not.toContain('"ready":true');

    app = await startApp({ dataDir, args: ['--no-demo'] });
    expect(await readiness(app.origin)).toEqual({ database: 'ready', media: 'ready' });
    expect(await joins(app.origin)).toBe(true);
    expect([(await media()).length, (await databases()).length]).toEqual([1, 1]);
    await app.stop();
    expect(await processesOf(dataDir)).toEqual([]);
  });

  it('of the media server alone: another takes its place, and the app never went away', async () => {
    app = await startApp({ dataDir, args: ['--no-demo'] });
    const [first] = await media();
    process.kill(first!.pid, 'SIGKILL');
    await until(async () => (await media()).some((p) => p.pid !== first!.pid));
    await until(async () => (await readiness(app!.origin))?.['media'] === 'ready');
    expect(await joins(app.origin)).toBe(true);
    expect((await media()).length).toBe(1);
    expect(await isAlive(app.pid)).toBe(true);
  });

  it('of the database alone: the app says so, ends with code 1, and starts again', async () => {
    app = await startApp({ dataDir, args: ['--no-demo', '--no-sfu'] });
    const [server] = await databases();
    const ended = app.exited;
    process.kill(server!.pid, 'SIGKILL');
    expect(await ended).toBe(1);
    expect(await app.log()).toContain('the database ended');
    app = await startApp({ dataDir, args: ['--no-demo', '--no-sfu'] });
    expect(await readiness(app.origin)).toEqual({ database: 'ready', media: 'off' });
  });
});
