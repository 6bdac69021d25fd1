import type { MediaConfig, MediaPorts } from './types.ts';
import { guardsRelay } from './version.ts';

export interface MediaKeys {
  apiKey: string;
  apiSecret: string;
}

/**
 * LiveKit's configuration for one supervised server. Signalling and API stay on loopback: browsers reach
 * them through the app's own origin. Only the media ports face the network, and only with a `nodeIp`.
 */
export function renderYaml(options: {
  config: Pick<MediaConfig, 'nodeIp' | 'iceLite' | 'turn' | 'egress'>;
  /** Of the binary that will read it. */
  version: string;
  ports: MediaPorts;
  keys: MediaKeys;
  appPort: number;
}): string {
  const { config, version, ports, keys, appPort } = options;
  const nodeIp = config.nodeIp ?? '127.0.0.1';
  const onLoopback = nodeIp.startsWith('127.');
  const lines = [
    `port: ${ports.signal}`,
    'bind_addresses: [127.0.0.1]',
    'rtc:',
    `  udp_port: ${ports.udp}`,
    `  tcp_port: ${ports.tcp}`,
    '  use_external_ip: false',
    `  node_ip: ${quoted(nodeIp)}`
  ];
  if (onLoopback) lines.push('  interfaces: {includes: [lo]}', '  enable_loopback_candidate: true');
  if (config.iceLite) lines.push('  use_ice_lite: true');
  // Names our own TURN server as STUN too; else LiveKit would hand its clients public ones.
  if (config.turn) lines.push(`  stun_servers: [${quoted(`${config.turn.domain}:${config.turn.udpPort}`)}]`);
  lines.push(
    'room:',
    '  auto_create: true',
    '  empty_timeout: 120',
    '  departure_timeout: 20',
    'keys:',
    `  ${keys.apiKey}: ${quoted(keys.apiSecret)}`,
    'webhook:',
    `  api_key: ${keys.apiKey}`,
    '  urls:',
    `    - http://127.0.0.1:${appPort}/sfu/webhook`,
    'logging:',
    '  level: warn',
    '  json: true'
  );
  if (config.egress?.redisUrl) lines.push('redis:', ...redisLines(new URL(config.egress.redisUrl)));
  if (config.turn) {
    lines.push(
      'turn:',
      '  enabled: true',
      `  domain: ${quoted(config.turn.domain)}`,
      `  udp_port: ${config.turn.udpPort}`
    );
    // To where the media is, which may be a private address, and to no other of this network.
    if (guardsRelay(version))
      lines.push(
        `  allow_restricted_peer_cidrs: [${quoted(`${nodeIp}/${nodeIp.includes(':') ? 128 : 32}`)}]`,
        ...(onLoopback ? ['  bind_addresses: [127.0.0.1]'] : [])
      );
    if (config.turn.tls)
      lines.push(
        `  tls_port: ${config.turn.tls.port}`,
        `  cert_file: ${quoted(config.turn.tls.certFile)}`,
        `  key_file: ${quoted(config.turn.tls.keyFile)}`
      );
  }
  return `${lines.join('\n')}\n`;
}

/** Where the egress service hears of its work. Without that the server needs none, and keeps to itself. */
function redisLines({ protocol, host, hostname, port, username, password, pathname }: URL): string[] {
  const database = /^\/(\d+)$/.exec(pathname)?.[1];
  return [
    `  address: ${quoted(port ? host : `${hostname}:6379`)}`,
    ...(username ? [`  username: ${quoted(decodeURIComponent(username))}`] : []),
    ...(password ? [`  password: ${quoted(decodeURIComponent(password))}`] : []),
    ...(database ? [`  db: ${database}`] : []),
    ...(protocol === 'rediss:' ? ['  tls: {enabled: true, insecure: false}'] : [])
  ];
}

/** A YAML double-quoted scalar; JSON's escapes are a subset of YAML's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
