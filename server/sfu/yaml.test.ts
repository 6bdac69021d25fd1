import { describe, expect, it } from 'vitest';
import { archiveName, digestFrom } from './download.ts';
import { isUsable, parseVersion, pinnedVersion } from './version.ts';
import { renderYaml } from './yaml.ts';
import { readFile } from 'node:fs/promises';

const ports = { signal: 7880, udp: 7882, tcp: 7881 };
const keys = { apiKey: 'APIx', apiSecret: 'secret' };

describe('renderYaml', () => {
  it('[SFU-4] keeps all on loopback without an address for media', () => {
    const yaml = renderYaml({ config: { nodeIp: null, turn: null }, ports, keys, appPort: 3000 });
    expect(yaml).toContain('bind_addresses: [127.0.0.1]');
    expect(yaml).toContain('node_ip: "127.0.0.1"');
    expect(yaml).toContain('interfaces: {includes: [lo]}');
    expect(yaml).toContain('- http://127.0.0.1:3000/sfu/webhook');
    expect(yaml).not.toContain('turn:');
  });

  it('[SFU-4] opens only the media ports with one', () => {
    const yaml = renderYaml({ config: { nodeIp: '203.0.113.7', turn: null }, ports, keys, appPort: 3000 });
    expect(yaml).toContain('bind_addresses: [127.0.0.1]');
    expect(yaml).toContain('node_ip: "203.0.113.7"');
    expect(yaml).not.toContain('interfaces');
  });

  it('[SFU-1] names its own TURN server as STUN too, no public one', () => {
    const turn = {
      domain: 'turn.example',
      udpPort: 3478,
      tls: { port: 5349, certFile: '/c"1', keyFile: '/k' }
    };
    const yaml = renderYaml({ config: { nodeIp: '203.0.113.7', turn }, ports, keys, appPort: 3000 });
    expect(yaml).toContain('stun_servers: ["turn.example:3478"]');
    expect(yaml).toContain('cert_file: "/c\\"1"');
  });
});

describe('versions', () => {
  it('[SFU-1] go.mod builds the version this project names', async () => {
    const goMod = await readFile(new URL('./go.mod', import.meta.url), 'utf8');
    expect(goMod).toContain(`github.com/livekit/livekit-server v${pinnedVersion} `);
  });

  it.each([
    ['1.13.4', true],
    ['1.9.0', true],
    ['1.8.9', false],
    ['0.15.1', false],
    ['2.0.0', false]
  ])('[SFU-1] %s usable: %s', (version, usable) => expect(isUsable(version)).toBe(usable));

  it('[SFU-1] reads the version a binary tells', () => {
    expect(parseVersion('livekit-server version 1.13.4\n')).toBe('1.13.4');
    expect(parseVersion('hello')).toBeNull();
  });

  it('[SFU-1] knows which archive a system needs and finds its digest in a list', () => {
    expect(archiveName('linux', 'x64')).toBe(`livekit_${pinnedVersion}_linux_amd64.tar.gz`);
    expect(archiveName('darwin', 'arm64')).toBeNull();
    const digest = 'a'.repeat(64);
    expect(digestFrom(`${'b'.repeat(64)}  other\n${digest}  file\n`, 'file')).toBe(digest);
    expect(digestFrom('nonsense', 'file')).toBeNull();
  });
});
