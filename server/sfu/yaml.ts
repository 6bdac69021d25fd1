import type { MediaConfig, MediaPorts } from './types.ts';

export interface MediaKeys {
  apiKey: string;
  apiSecret: string;
}

/**
 * LiveKit's configuration for one supervised server. Signalling and API stay on loopback: browsers reach
 * them through the app's own origin. Only the media ports face the network, and only with a `nodeIp`.
 */
export function renderYaml(options: {
  config: Pick<MediaConfig, 'nodeIp' | 'turn'>;
  ports: MediaPorts;
  keys: MediaKeys;
  appPort: number;
}): string {
  const { config, ports, keys, appPort } = options;
  const lines = [
    `port: ${ports.signal}`,
    'bind_addresses: [127.0.0.1]',
    'rtc:',
    `  udp_port: ${ports.udp}`,
    `  tcp_port: ${ports.tcp}`,
    '  use_external_ip: false'
  ];
  if (config.nodeIp === null || config.nodeIp.startsWith('127.'))
    lines.push(
      `  node_ip: ${quoted(config.nodeIp ?? '127.0.0.1')}`,
      '  interfaces: {includes: [lo]}',
      '  enable_loopback_candidate: true'
    );
  else lines.push(`  node_ip: ${quoted(config.nodeIp)}`);
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
  if (config.turn) {
    lines.push(
      'turn:',
      '  enabled: true',
      `  domain: ${quoted(config.turn.domain)}`,
      `  udp_port: ${config.turn.udpPort}`
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

/** A YAML double-quoted scalar; JSON's escapes are a subset of YAML's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
