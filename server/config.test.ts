import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicOrigin, readConfig, repositoryRoot, setHandlerEnvironment } from './config.ts';

describe('readConfig', () => {
  it('has defaults for everything', () => {
    expect(readConfig([], {})).toMatchObject({
      development: false,
      dataDir: join(repositoryRoot, 'data'),
      host: '127.0.0.1',
      port: 3000,
      origin: null,
      trustProxy: false,
      demo: true,
      databaseUrl: null,
      mail: null,
      masterKey: null,
      logLevel: 'info',
      media: {
        origin: null,
        outside: null,
        ports: { signal: 7880, udp: 7882, tcp: 7881 },
        nodeIp: null,
        iceLite: false,
        turn: null,
        release: null
      }
    });
    expect([...readConfig([], {}).roles]).toEqual(['web', 'collab', 'worker', 'dicom']);
  });

  it('takes calls to devices only with somebody to ask, and hosts as they stand in an address', () => {
    expect(readConfig([], {}).push).toBeNull();
    const env = { PUSH_CONTACT: 'mailto:it@example.org', PUSH_HOSTS: 'push.example.org, Push.lan:8443' };
    expect(readConfig([], env).push).toEqual({
      contact: 'mailto:it@example.org',
      hosts: ['push.example.org', 'push.lan:8443']
    });
    for (const wrong of [
      { PUSH_CONTACT: 'it@example.org' },
      { PUSH_HOSTS: 'push.example.org' },
      { ...env, PUSH_HOSTS: 'https://push.example.org/x' }
    ])
      expect(() => readConfig([], wrong)).toThrow(/PUSH_/);
  });

  it('[CN-26] takes a recogniser only over https, or on this machine and in a network of one’s own', () => {
    expect(readConfig([], {}).speech).toBeNull();
    const env = { SPEECH_URL: 'https://speech.example.org/v1', SPEECH_MODEL: 'whisper' };
    expect(readConfig([], env).speech).toEqual({ url: env.SPEECH_URL, model: 'whisper', key: null });
    for (const url of ['http://localhost:8000/v1', 'http://192.168.4.5/v1', 'http://172.20.0.2/v1'])
      expect(readConfig([], { ...env, SPEECH_URL: url }).speech?.url).toBe(url);
    for (const wrong of [
      { SPEECH_MODEL: 'whisper' },
      { SPEECH_URL: env.SPEECH_URL },
      { ...env, SPEECH_URL: 'http://speech.example.org/v1' },
      { ...env, SPEECH_URL: 'http://10.evil.example/v1' },
      { ...env, SPEECH_URL: 'https://key:secret@speech.example.org/v1' }
    ])
      expect(() => readConfig([], wrong)).toThrow(/SPEECH_/);
  });

  it('[RC-15] takes an egress service with a whole path, and a way to find it', () => {
    expect(readConfig([], {}).media?.egress).toBeNull();
    const env = { EGRESS: '/srv/egress/', REDIS_URL: 'redis://127.0.0.1' };
    expect(readConfig([], env).media?.egress).toEqual({ folder: '/srv/egress', redisUrl: env.REDIS_URL });
    const outside = {
      LIVEKIT_URL: 'wss://x',
      LIVEKIT_API_KEY: 'k',
      LIVEKIT_API_SECRET: 's',
      EGRESS: '/srv/e'
    };
    expect(readConfig([], outside).media?.egress).toEqual({ folder: '/srv/e', redisUrl: null });
    for (const wrong of [{ EGRESS: '/srv/egress' }, { ...env, EGRESS: 'egress' }])
      expect(() => readConfig([], wrong)).toThrow(/EGRESS/);
  });

  it('lets the command line win over the environment', () => {
    const env = { PORT: '4000', HOST: '0.0.0.0', DATA_DIR: '/srv/a', ROLES: 'web' };
    expect(readConfig([], env)).toMatchObject({ port: 4000, host: '0.0.0.0', dataDir: '/srv/a' });
    const args = [
      '--port',
      '5000',
      '--host=::1',
      '--data',
      '/srv/b',
      '--roles',
      'web,worker',
      '--no-demo',
      '--no-sfu'
    ];
    const config = readConfig(args, env);
    expect(config).toMatchObject({ port: 5000, host: '::1', dataDir: '/srv/b', demo: false, media: null });
    expect([...config.roles]).toEqual(['web', 'worker']);
  });

  it('treats an empty variable as not set', () => {
    expect(readConfig([], { PORT: '', ORIGIN: ' ', LIVEKIT_URL: '' })).toMatchObject({
      port: 3000,
      origin: null
    });
  });

  it.each([
    [{ PORT: 'http' }, /PORT is "http"/],
    [{ PORT: '70000' }, /at most 65535/],
    [{ ORIGIN: 'consult.example.org' }, /ORIGIN/],
    [{ ORIGIN: 'https://consult.example.org/app' }, /scheme and host only/],
    [{ DATABASE_URL: 'mysql://x' }, /postgres:\/\//],
    [{ LIVEKIT_URL: 'wss://sfu.example.org' }, /LIVEKIT_API_KEY/],
    [{ SMTP_URL: 'smtp://mail.example.org' }, /MAIL_FROM/],
    [{ MASTER_KEY: 'short' }, /32 bytes/],
    [{ ROLES: 'web,cook' }, /web, collab, worker, dicom/],
    [{ LOG_LEVEL: 'loud' }, /debug, info, warn, error/],
    [{ TURN_DOMAIN: 'turn.example.org', TURN_CERT_FILE: '/c' }, /TURN_KEY_FILE/],
    [{ LIVEKIT_DOWNLOAD_URL: 'mirror.example.org' }, /LIVEKIT_DOWNLOAD_URL/],
    [{ LIVEKIT_DOWNLOAD_SHA256: 'a'.repeat(64) }, /set LIVEKIT_DOWNLOAD_URL/],
    [{ LIVEKIT_DOWNLOAD_URL: 'https://mirror.example.org', LIVEKIT_DOWNLOAD_SHA256: 'ab' }, /64 hex digits/]
  ])('names what is wrong in %o', (env, sentence) => {
    expect(() => readConfig([], env)).toThrow(sentence);
  });

  it('refuses an unknown option with where to look', () => {
    expect(() => readConfig(['--prot', '1'], {})).toThrow(/--prot.*--help/);
  });

  it('takes an outside media server and TURN', () => {
    const { media } = readConfig([], {
      LIVEKIT_URL: 'https://sfu.example.org/',
      LIVEKIT_API_KEY: 'key',
      LIVEKIT_API_SECRET: 'secret',
      TURN_DOMAIN: 'turn.example.org'
    });
    expect(media?.outside).toEqual({ url: 'wss://sfu.example.org', apiKey: 'key', apiSecret: 'secret' });
    expect(media?.turn).toEqual({ domain: 'turn.example.org', udpPort: 3478, tls: null });
  });

  it('takes a mirror of the releases, with the digest of an archive that is not the official one', () => {
    const LIVEKIT_DOWNLOAD_URL = 'https://mirror.example.org/livekit/';
    const { media } = readConfig([], { LIVEKIT_DOWNLOAD_URL, LIVEKIT_DOWNLOAD_SHA256: 'AB'.repeat(32) });
    expect(media?.release).toEqual({
      url: 'https://mirror.example.org/livekit',
      sha256: 'ab'.repeat(32)
    });
  });

  it('takes a master key in hex or base64', () => {
    const key = Buffer.alloc(32, 7);
    expect(readConfig([], { MASTER_KEY: key.toString('hex') }).masterKey).toEqual(key);
    expect(readConfig([], { MASTER_KEY: key.toString('base64') }).masterKey).toEqual(key);
  });
});

describe('REDIS_URL', () => {
  it('is nothing by default, else an address of Redis', () => {
    expect(readConfig([], {}).redisUrl).toBeNull();
    expect(readConfig([], { REDIS_URL: 'rediss://u:p@redis:6380/1' }).redisUrl).toBe(
      'rediss://u:p@redis:6380/1'
    );
    expect(() => readConfig([], { REDIS_URL: 'localhost:6379' })).toThrow(
      'REDIS_URL is not an address beginning with redis:// or rediss://.'
    );
  });
});

describe('CLAMD', () => {
  it.each([
    ['tcp://127.0.0.1:3310', { host: '127.0.0.1', port: 3310 }],
    ['tcp://scanner', { host: 'scanner', port: 3310 }],
    ['tcp://[::1]:3311', { host: '::1', port: 3311 }],
    ['unix:/run/clamav/clamd.ctl', { path: '/run/clamav/clamd.ctl' }],
    ['unix:///run/clamav/clamd.ctl', { path: '/run/clamav/clamd.ctl' }]
  ])('%s', (CLAMD, address) => {
    expect(readConfig([], { CLAMD }).clamd).toEqual({ address, whenGone: 'refuse' });
    expect(readConfig([], { CLAMD, CLAMD_GONE: 'accept' }).clamd?.whenGone).toBe('accept');
  });
  it.each([{ CLAMD: 'localhost:3310' }, { CLAMD: 'http://x' }, { CLAMD: 'tcp://x', CLAMD_GONE: 'maybe' }])(
    '%o is refused',
    (env) => expect(() => readConfig([], env)).toThrow(/CLAMD/)
  );
  it('is nothing by default', () => expect(readConfig([], {}).clamd).toBeNull());
});

describe('publicOrigin', () => {
  it.each([
    [{ origin: 'https://a.example', host: '127.0.0.1' }, 'https://a.example'],
    [{ origin: null, host: '127.0.0.1' }, 'http://localhost:3000'],
    [{ origin: null, host: '0.0.0.0' }, 'http://localhost:3000'],
    [{ origin: null, host: '192.168.1.5' }, 'http://192.168.1.5:3000'],
    [{ origin: null, host: 'fe80::1' }, 'http://[fe80::1]:3000']
  ])('%o → %s', (config, expected) => {
    expect(publicOrigin(config, 3000)).toBe(expected);
  });
});

it('setHandlerEnvironment leaves ORIGIN out unless it is set, so that any name of this machine works', () => {
  const env: NodeJS.ProcessEnv = { ORIGIN: 'http://old', HOST_HEADER: 'x' };
  setHandlerEnvironment({ origin: null }, env);
  expect(env).toEqual({
    PROTOCOL_HEADER: 'x-consilium-proto',
    ADDRESS_HEADER: 'x-consilium-address',
    BODY_SIZE_LIMIT: 'Infinity'
  });
});
