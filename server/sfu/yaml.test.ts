import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { archiveName } from './download.ts';
import { isUsable, parseVersion, pinnedVersion } from './version.ts';
import type { MediaConfig } from './types.ts';
import { renderYaml } from './yaml.ts';

const ports = { signal: 7880, udp: 7882, tcp: 7881 };
const keys = { apiKey: 'APIx', apiSecret: 'secret' };

describe('renderYaml', () => {
  const yamlOf = (
    config: Pick<MediaConfig, 'nodeIp' | 'iceLite' | 'turn' | 'egress'>,
    version = pinnedVersion
  ) => renderYaml({ config, version, ports, keys, appPort: 3000 });

  it('[SFU-4] keeps all on loopback without an address for media', () => {
    const yaml = yamlOf({ nodeIp: null, turn: null });
    expect(yaml).toContain('bind_addresses: [127.0.0.1]');
    expect(yaml).toContain('node_ip: "127.0.0.1"');
    expect(yaml).toContain('interfaces: {includes: [lo]}');
    expect(yaml).toContain('- http://127.0.0.1:3000/sfu/webhook');
    expect(yaml).not.toContain('turn:');
  });

  it('[SFU-4] opens only the media ports with one', () => {
    const yaml = yamlOf({ nodeIp: '203.0.113.7', turn: null });
    expect(yaml).toContain('bind_addresses: [127.0.0.1]');
    expect(yaml).toContain('node_ip: "203.0.113.7"');
    expect(yaml).not.toContain('interfaces');
    expect(yaml).not.toContain('use_ice_lite');
  });

  it('[SFU-4] calls on nobody where only its own address is to be used', () => {
    expect(yamlOf({ nodeIp: '203.0.113.7', iceLite: true, turn: null })).toContain(
      '\n  use_ice_lite: true\n'
    );
  });

  it('[SFU-1] names its own TURN server as STUN too, no public one', () => {
    const turn = {
      domain: 'turn.example',
      udpPort: 3478,
      tls: { port: 5349, certFile: '/c"1', keyFile: '/k' }
    };
    const yaml = yamlOf({ nodeIp: '203.0.113.7', turn });
    expect(yaml).toContain('stun_servers: ["turn.example:3478"]');
    expect(yaml).toContain('cert_file: "/c\\"1"');
  });

  it('[SFU-12] is told of Redis only where an egress service is to be found over it', () => {
    const egress = (redisUrl: string | null) =>
      yamlOf({ nodeIp: null, turn: null, egress: { folder: '/srv/egress', redisUrl } });
    expect(yamlOf({ nodeIp: null, turn: null })).not.toContain('redis');
    expect(egress(null)).not.toContain('redis');
    expect(egress('redis://10.0.0.2')).toContain('\nredis:\n  address: "10.0.0.2:6379"\n');
    const full = egress('rediss://me:p%40ss@redis.example:6380/3');
    for (const line of ['address: "redis.example:6380"', 'username: "me"', 'password: "p@ss"', 'db: 3'])
      expect(full).toContain(`\n  ${line}\n`);
    expect(full).toContain('tls: {enabled: true, insecure: false}');
  });

  it('[SFU-9] lets TURN relay to the media address alone; a version that does not know that is not told', () => {
    const turn = { domain: 'turn.example', udpPort: 3478, tls: null };
    expect(yamlOf({ nodeIp: '192.168.1.5', turn })).toContain(
      'allow_restricted_peer_cidrs: ["192.168.1.5/32"]'
    );
    expect(yamlOf({ nodeIp: '192.168.1.5', turn })).not.toContain('  bind_addresses');
    expect(yamlOf({ nodeIp: null, turn })).toContain('\n  bind_addresses: [127.0.0.1]');
    expect(yamlOf({ nodeIp: null, turn }, '1.11.0')).not.toMatch(/restricted| {2}bind_addresses/);
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

  it.each([
    ['linux', 'x64', 'linux_amd64.tar.gz'],
    ['linux', 'arm64', 'linux_arm64.tar.gz'],
    ['linux', 'arm', 'linux_armv7.tar.gz'],
    ['win32', 'x64', 'windows_amd64.zip'],
    ['win32', 'arm64', 'windows_arm64.zip']
  ] as const)('[SFU-1] has the digest of the archive for %s %s', (platform, arch, ending) =>
    expect(archiveName(platform, arch)).toBe(`livekit_${pinnedVersion}_${ending}`)
  );

  it.each([
    ['darwin', 'arm64'],
    ['linux', 'riscv64'],
    ['win32', 'arm']
  ] as const)('[SFU-1] takes no archive for %s %s: none is published', (platform, arch) =>
    expect(archiveName(platform, arch)).toBeNull()
  );
});
